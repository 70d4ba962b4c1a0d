// Runs the scenario folders, each in every mode. tests/scenarios/README.md says how to write one.
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "tests/scenarios/modes.hpp"

namespace {

using namespace triaged::test;

constexpr const char* kUsage =
    "usage: triaged_scenarios [--update] [--mode MODE]... [--seed N] [--root FOLDER] [--list] [SCENARIO]...\n";

struct Arguments {
  ModeOptions options;
  std::vector<std::string> modes;
  std::vector<std::string> names;
  std::filesystem::path root = std::filesystem::path(TRIAGED_SOURCE_DIR) / "tests" / "scenarios";
  bool list = false;
};

bool contains(const std::vector<std::string>& list, const std::string& item) {
  for (const auto& each : list) {
    if (each == item) return true;
  }
  return false;
}

Arguments read_arguments(const std::vector<std::string>& words) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto value = [&]() -> const std::string& {
      if (i + 1 == words.size()) throw std::invalid_argument(words[i] + " needs a value");
      return words[++i];
    };
    if (words[i] == "--update") {
      arguments.options.update = true;
    } else if (words[i] == "--list") {
      arguments.list = true;
    } else if (words[i] == "--mode") {
      arguments.modes.push_back(value());
    } else if (words[i] == "--seed") {
      arguments.options.seed = std::stoull(value());
    } else if (words[i] == "--root") {
      arguments.root = std::filesystem::absolute(value());
    } else if (words[i].starts_with('-')) {
      throw std::invalid_argument("unknown option " + words[i]);
    } else {
      arguments.names.push_back(words[i]);
    }
  }
  // What is expected comes from the plain run alone.
  if (arguments.options.update) arguments.modes = {"plain"};
  return arguments;
}

class Runner {
 public:
  explicit Runner(const Arguments& arguments) : arguments_(arguments) {}

  int run() {
    for (const auto& name : scenario_names(arguments_.root)) {
      if (!arguments_.names.empty() && !contains(arguments_.names, name)) continue;
      run_scenario(name);
    }
    const bool good = failed_ == 0 && run_ > 0;
    std::cout << scenarios_ << " scenarios, " << run_ << " runs, " << skipped_ << " skipped, " << failed_
              << " failed\n";
    return good ? 0 : 1;
  }

 private:
  void run_scenario(const std::string& name) {
    ++scenarios_;
    Scenario scenario;
    try {
      scenario = load_scenario(arguments_.root / name);
    } catch (const std::exception& error) {
      ++run_;
      return report(name, "load", Failure{{}, error.what()});
    }
    for (const auto& mode : modes()) {
      if (!arguments_.modes.empty() && !contains(arguments_.modes, mode.name)) continue;
      const auto reason = scenario.skipped_modes.find(mode.name);
      if (reason != scenario.skipped_modes.end()) {
        ++skipped_;
        std::cout << "skip " << name << ' ' << mode.name << ": " << reason->second << '\n';
        continue;
      }
      ++run_;
      try {
        report(name, mode.name, mode.run(scenario, arguments_.options));
      } catch (const std::exception& error) {
        report(name, mode.name, Failure{{}, error.what()});
      }
    }
  }

  void report(const std::string& name, const std::string& mode, const std::optional<Failure>& failure) {
    std::cout << (failure ? "FAIL " : "ok   ") << name << ' ' << mode;
    if (failure) {
      ++failed_;
      std::cout << (failure->seed ? " seed=" + std::to_string(*failure->seed) : "") << ": " << failure->what
                << "\n  replay: triaged_scenarios --mode " << mode
                << (failure->seed ? " --seed " + std::to_string(*failure->seed) : "") << ' ' << name;
    }
    std::cout << std::endl;
  }

  const Arguments& arguments_;
  int scenarios_ = 0;
  int run_ = 0;
  int skipped_ = 0;
  int failed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto arguments = read_arguments({argv + 1, argv + argc});
    if (arguments.list) {
      for (const auto& mode : modes()) std::cout << mode.name << ": " << mode.promise << '\n';
      for (const auto& name : scenario_names(arguments.root)) std::cout << name << '\n';
      return 0;
    }
    for (const auto& mode : arguments.modes) {
      bool known = false;
      for (const auto& each : modes()) known = known || each.name == mode;
      if (!known) throw std::invalid_argument("unknown mode " + mode + " (--list names them)");
    }
    return Runner(arguments).run();
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n' << kUsage;
    return 2;
  }
}

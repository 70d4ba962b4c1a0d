// Checks the properties. The seed is fixed unless one is given, so that one commit gives one result.
#include <cstdlib>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <rapidcheck.h>

#include "tests/property/properties.hpp"

namespace {

constexpr const char* kUsage = "usage: triaged_property [--seed N|random] [--cases N] [PART-OF-A-NAME]...\n";

struct Arguments {
  std::string seed = "3";
  std::string cases = "200";
  std::vector<std::string> names;
};

Arguments read_arguments(const std::vector<std::string>& words) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--seed" || words[i] == "--cases") {
      if (i + 1 == words.size()) throw std::invalid_argument(words[i] + " needs a value");
      (words[i] == "--seed" ? arguments.seed : arguments.cases) = words[i + 1];
      ++i;
    } else if (words[i].starts_with('-')) {
      throw std::invalid_argument("unknown option " + words[i]);
    } else {
      arguments.names.push_back(words[i]);
    }
  }
  if (arguments.seed == "random") arguments.seed = std::to_string(std::random_device()());
  return arguments;
}

bool chosen(const Arguments& arguments, const std::string& name) {
  if (arguments.names.empty()) return true;
  for (const auto& part : arguments.names) {
    if (name.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto arguments = read_arguments({argv + 1, argv + argc});
    // rapidcheck reads this once, before its first check.
    const auto parameters = "seed=" + arguments.seed + " max_success=" + arguments.cases;
    setenv("RC_PARAMS", parameters.c_str(), 1);
    auto properties = triaged::test::label_properties();
    for (auto& property : triaged::test::solver_properties()) properties.push_back(std::move(property));
    for (auto& property : triaged::test::engine_properties()) properties.push_back(std::move(property));
    for (auto& property : triaged::test::reload_properties()) properties.push_back(std::move(property));
    int run = 0;
    int failed = 0;
    for (const auto& property : properties) {
      if (!chosen(arguments, property.name)) continue;
      ++run;
      if (rc::check(property.name, property.holds)) continue;
      ++failed;
      std::cerr << "  replay: triaged_property --seed " << arguments.seed << " --cases " << arguments.cases << " '"
                << property.name << "'\n";
    }
    std::cerr << run << " properties, " << failed << " failed, seed " << arguments.seed << '\n';
    return failed == 0 && run > 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n' << kUsage;
    return 2;
  }
}

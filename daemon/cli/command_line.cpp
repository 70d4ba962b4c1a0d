#include "daemon/cli/command_line.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "config/diagnostics.hpp"
#include "daemon/cli/command.hpp"
#include "daemon/cli/console.hpp"
#include "daemon/cli/version.hpp"

namespace triaged::cli {

namespace {

constexpr const char* kFooter = R"(Try first:
  triaged demo                                    an outage in a small estate, turned into incidents
  triaged replay --alerts examples/estate/alerts.ndjson --catalogue examples/estate/catalogue.yaml

Exit status: 0 good; 1 --strict failed; 2 usage, or a file that can't be opened; 70 internal;
78 faults in configuration, catalogue or rules.
`triaged COMMAND --help` says more about each command.)";

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto* option : command.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

/// What is wrong with an argument that nothing took; `command` is the innermost that was chosen.
std::string describe_leftover(const std::string& argument, const CLI::App& command) {
  const bool option = argument.starts_with("-") && argument != "-";
  const auto word = option ? argument.substr(0, argument.find('=')) : argument;
  const auto commands = command_names(command);
  const char* kind = option ? "option" : commands.empty() ? "argument" : "command";
  auto text = fmt::format("unknown {} \"{}\"", kind, word);
  const auto suggestion = config::nearest(word, option ? option_names(command) : commands);
  if (!suggestion.empty()) text += fmt::format("; did you mean \"{}\"?", suggestion);
  return text;
}

ExitCode refuse(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = &app;
  std::string asked = "triaged";
  for (auto chosen = app.get_subcommands(); !chosen.empty(); chosen = command->get_subcommands()) {
    command = chosen.front();
    asked += " " + command->get_name();
  }
  const auto leftover = app.remaining(true);
  complain(leftover.empty() ? std::string(error.what()) : describe_leftover(leftover.front(), *command));
  tell(fmt::format("`{} --help` shows what there is.\n", asked));
  return ExitCode::usage;
}

}  // namespace

ExitCode run_command_line(int argc, char** argv) {
  CLI::App app("triaged turns alerts into incidents, each with its cause.", "triaged");
  app.get_formatter()->column_width(30);
  app.get_formatter()->label("SUBCOMMAND", "COMMAND");
  app.set_help_flag("-h,--help", "Say what there is, and stop");
  app.set_version_flag("-V,--version", version_line(), "Say which version this is, and stop");
  app.footer(kFooter);
  app.require_subcommand(1);
  const std::array commands{add_run(app),       add_demo(app),     add_replay(app),        add_check(app),
                            add_incidents(app), add_silences(app), add_status(app),        add_doctor(app),
                            add_backup(app),    add_restore(app),  add_hash_password(app), add_version(app)};

  if (argc < 2) {
    tell(app.help());
    return ExitCode::usage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return print_data(app.help() + "\n");
  } catch (const CLI::CallForVersion& version) {
    return print_data(fmt::format("{}\n", version.what()));
  } catch (const CLI::ParseError& error) {
    return refuse(app, error);
  }
  const auto chosen = std::ranges::find_if(commands, [](const Command& command) { return command.options->parsed(); });
  return chosen->run();
}

}  // namespace triaged::cli

#include "daemon/cli/version.hpp"

#include <string>

#include <CLI/CLI.hpp>

#include "daemon/cli/command.hpp"
#include "daemon/cli/console.hpp"

namespace triaged::cli {

const char* version_text() { return "triaged " TRIAGED_VERSION; }

Command add_version(CLI::App& app) {
  auto* options = app.add_subcommand("version", "Say which version this is");
  options->group("Commands");
  options->set_help_flag("-h,--help", "Say what there is, and stop");
  return {options, [] { return print_data(std::string(version_text()) + "\n"); }};
}

}  // namespace triaged::cli

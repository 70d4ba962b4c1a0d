#include "daemon/cli/version.hpp"

#include <string>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "daemon/cli/command.hpp"
#include "daemon/cli/console.hpp"

namespace triaged::cli {

const char* version_number() { return TRIAGED_VERSION; }

const char* version_text() { return "triaged " TRIAGED_VERSION; }

std::string version_line() {
  const std::string_view revision = revision_text();
  return revision.empty() ? version_text() : fmt::format("{} ({})", version_text(), revision);
}

Command add_version(CLI::App& app) {
  auto* options = app.add_subcommand("version", "Say which version this is");
  options->group("Commands");
  options->set_help_flag("-h,--help", "Say what there is, and stop");
  return {options, [] { return print_data(version_line() + "\n"); }};
}

}  // namespace triaged::cli

#include "daemon/cli/state/chosen_folder.hpp"

#include <filesystem>
#include <system_error>

#include "daemon/cli/console.hpp"

namespace triaged::cli {

std::expected<ChosenFolder, ExitCode> choose_folder(const std::string& name) {
  std::error_code unknown;
  if (std::filesystem::is_directory(name, unknown)) return ChosenFolder{.path = name, .settings = {}};
  auto loaded = name.empty() ? config::load_built_in() : config::load_configuration(name);
  print_diagnostics(loaded.diagnostics);
  if (!loaded.bundle) return std::unexpected(verdict(loaded.diagnostics));
  return ChosenFolder{.path = loaded.settings.state_directory, .settings = std::move(loaded.settings)};
}

}  // namespace triaged::cli

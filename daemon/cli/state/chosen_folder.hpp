// Which state folder a command means.
#pragma once

#include <expected>
#include <string>

#include "config/load.hpp"
#include "daemon/cli/exit_code.hpp"

namespace triaged::cli {

/// That of a configuration (empty: the one that `run` has without a file), with its settings; or, where `name` is a
/// folder, that one. Faults are told, and the exit code is for them.
struct ChosenFolder {
  std::string path;
  config::Settings settings;  // what stands for itself where `name` is a folder
};
[[nodiscard]] std::expected<ChosenFolder, ExitCode> choose_folder(const std::string& name);

}  // namespace triaged::cli

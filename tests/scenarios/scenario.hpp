// A scenario: a folder with rules, alerts and what must come out.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rules/model/bundle.hpp"
#include "tests/support/input_log.hpp"

namespace triaged::test {

struct Scenario {
  std::string name;
  std::filesystem::path folder;
  std::shared_ptr<const Bundle> bundle;
  InputLog log;
  /// Modes that this scenario is not run in, with the reason, from its file `skipped_modes`: `MODE: REASON` a line.
  std::map<std::string, std::string> skipped_modes;
};

/// Reads rules.yaml and catalogue.yaml (or a settings.yaml that names them), alerts.ndjson, changes.ndjson, reloads.
/// Changes the working folder. Throws std::runtime_error, with every fault in the text, where the folder is not good.
[[nodiscard]] Scenario load_scenario(const std::filesystem::path& folder);

/// The names of the folders in `root` that are scenarios, ascending.
[[nodiscard]] std::vector<std::string> scenario_names(const std::filesystem::path& root);

/// The whole file; empty where there is none.
[[nodiscard]] std::string read_file(const std::filesystem::path& file);

}  // namespace triaged::test

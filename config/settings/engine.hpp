// The block `engine` of a triaged.yaml.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "config/diagnostics.hpp"
#include "config/yaml/node.hpp"
#include "rules/model/bundle.hpp"

namespace triaged::config {

void read_engine_settings(const yaml::Node& node, yaml::Faults& faults, EngineSettings& settings);

/// All settings as a mapping of their own, in a fixed order; and back.
[[nodiscard]] std::string engine_settings_text(const EngineSettings& settings);
[[nodiscard]] std::expected<EngineSettings, Diagnostics> parse_engine_settings(std::string text);

/// The keys of the block.
[[nodiscard]] const std::vector<std::string>& engine_settings_keys();

}  // namespace triaged::config

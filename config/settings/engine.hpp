// The block `engine` of a triaged.yaml.
#pragma once

#include "config/yaml/node.hpp"
#include "rules/model/bundle.hpp"

namespace triaged::config {

void read_engine_settings(const yaml::Node& node, yaml::Faults& faults, EngineSettings& settings);

}  // namespace triaged::config

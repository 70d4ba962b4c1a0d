// The blocks of a triaged.yaml about what the daemon writes and keeps: publish, retention, snapshot, logging.
#pragma once

#include <vector>

#include "config/settings/settings.hpp"
#include "config/yaml/node.hpp"

namespace triaged::config {

/// No file twice.
void read_publish(const yaml::Node& node, yaml::Faults& faults, std::vector<PublishSettings>& publish);
void read_retention(const yaml::Node& node, yaml::Faults& faults, RetentionSettings& retention);
void read_snapshot(const yaml::Node& node, yaml::Faults& faults, SnapshotSettings& snapshot);
void read_logging(const yaml::Node& node, yaml::Faults& faults, LogSettings& logging);

}  // namespace triaged::config

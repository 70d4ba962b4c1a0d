// The block `http` of a triaged.yaml.
#pragma once

#include "config/settings/settings.hpp"
#include "config/yaml/node.hpp"

namespace triaged::config {

/// A listener that other machines can reach needs TLS and users: without them it is a fault.
void read_http_settings(const yaml::Node& node, yaml::Faults& faults, HttpSettings& settings);

/// Whether `listen` (address:port) can be reached from this machine alone: 127.0.0.0/8, [::1] or localhost.
[[nodiscard]] bool is_loopback(const std::string& listen);

}  // namespace triaged::config

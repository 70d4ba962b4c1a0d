// One entry of `relabel_configs`.
#pragma once

#include <optional>

#include "config/yaml/node.hpp"
#include "rules/enrich/relabel.hpp"

namespace triaged::config {

/// Checked by itself with Relabeler::compile(), so that every faulty step of a file is reported.
[[nodiscard]] std::optional<RelabelConfig> read_relabel_config(const yaml::Node& node, yaml::Faults& faults);

}  // namespace triaged::config

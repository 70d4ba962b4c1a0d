// One entry of `correlate`.
#pragma once

#include <optional>

#include "config/yaml/node.hpp"
#include "rules/model/bundle.hpp"

namespace triaged::config {

/// Nothing where a fault leaves no rule to speak of; faults are reported either way.
[[nodiscard]] std::optional<CorrelationRule> read_correlation_rule(const yaml::Node& node, yaml::Faults& faults);

}  // namespace triaged::config

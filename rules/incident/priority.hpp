// Impact × urgency → priority, by a built-in matrix. docs/RULES.md prints these tables.
#pragma once

#include <cstdint>
#include <string_view>

#include "rules/model/severity.hpp"

namespace triaged {

/// 1 (high) to 3, from a service's tier: what names rank first, second or third; any other name, and none, is 2.
[[nodiscard]] std::uint8_t impact_of_tier(std::string_view tier);

/// 1 (high) to 3: critical 1, major 2, the rest 3.
[[nodiscard]] std::uint8_t urgency_of(Severity severity);

/// 1 (P1) to 5 (P5).
[[nodiscard]] std::uint8_t priority_of(std::uint8_t impact, std::uint8_t urgency);

}  // namespace triaged

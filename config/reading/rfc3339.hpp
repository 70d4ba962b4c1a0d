// Times as people and programs write them.
#pragma once

#include <optional>
#include <string_view>

#include "rules/model/time.hpp"

namespace triaged {

/// RFC 3339 with any offset and any number of fraction digits, cut to milliseconds; lower-case `t` and `z` pass.
/// Anything else, a day that its month lacks, a leap second and a year 0 are no time.
[[nodiscard]] std::optional<Time> parse_time(std::string_view text);

}  // namespace triaged

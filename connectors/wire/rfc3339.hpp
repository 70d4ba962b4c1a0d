// Times as JSON carries them.
#pragma once

#include <optional>
#include <string_view>

#include "rules/model/time.hpp"

namespace triaged::wire {

/// What Go writes for a time that was never set.
inline constexpr std::string_view kUnsetText = "0001-01-01T00:00:00Z";
inline constexpr Time kUnsetTime{std::chrono::sys_days{std::chrono::year{1} / 1 / 1}};

/// RFC 3339 with any offset and any number of fraction digits, cut to milliseconds; lower-case `t` and `z` pass.
/// Anything else, a day that its month lacks, a leap second and a year 0 are no time.
[[nodiscard]] std::optional<Time> parse_time(std::string_view text);

using triaged::append_time;

}  // namespace triaged::wire

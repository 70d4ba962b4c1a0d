// Times as JSON carries them.
#pragma once

#include <string_view>

#include "config/reading/rfc3339.hpp"
#include "rules/model/time.hpp"

namespace triaged::wire {

/// What Go writes for a time that was never set.
inline constexpr std::string_view kUnsetText = "0001-01-01T00:00:00Z";
inline constexpr Time kUnsetTime{std::chrono::sys_days{std::chrono::year{1} / 1 / 1}};

using triaged::append_time;
using triaged::parse_time;

}  // namespace triaged::wire

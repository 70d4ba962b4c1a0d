// Points in time and durations, as every layer uses them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace triaged {

using Duration = std::chrono::milliseconds;

/// UTC, milliseconds since 1970-01-01T00:00:00Z. The core never reads a clock: every Time in it came in with an input.
using Time = std::chrono::sys_time<Duration>;

/// An end that is not known yet ("still firing"). Later than every real time.
inline constexpr Time kNever = Time::max();

/// Alerts outside [kEarliest, kLatest) are rejected at intake, so sums of a Time and any Duration of ours can't
/// overflow.
inline constexpr Time kEarliest = Time{Duration{946'684'800'000}};  // 2000-01-01T00:00:00Z
inline constexpr Time kLatest = Time{Duration{4'102'444'800'000}};  // 2100-01-01T00:00:00Z

/// RFC 3339, UTC, milliseconds: 2026-03-02T00:00:09.845Z. Years 0 to 9999.
void append_time(std::string& out, Time time);
/// The same into memory with room for kTimeBytes; the end of what was written.
char* put_time(char* at, Time time);
inline constexpr std::size_t kTimeBytes = sizeof("2026-03-02T00:00:09.845Z") - 1;

}  // namespace triaged

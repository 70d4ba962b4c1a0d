// Log time: the machine's time since boot, set to the wall clock at the start and led gently after it.
//
// The rules, in the order in which they hold:
//  1. Log time never goes back, nor to before the last log time that stands in the log.
//  2. At the start it is the wall clock's, or the log's last where that is later.
//  3. Then it goes on by the time since boot, which nobody sets and which counts while the machine sleeps. A process
//     that was stopped and a machine that slept find log time where the wall clock is.
//  4. Where the wall clock is ahead or behind by at most max_future, log time is led to it: it runs faster or slower by
//     a twentieth at most, so a minute is made up in twenty.
//  5. A wall clock that is further away has jumped: an hour back, ten years ahead. Log time does not follow it and goes
//  on
//     by the time since boot. difference() says how far they are apart, for whoever has to tell.
//
// A wall clock that was ahead by mistake, and was followed at a start, leaves log time ahead once it is right again: it
// goes on, that much ahead, until the daemon is stopped for as long.
#pragma once

#include <cstdint>
#include <optional>

#include "connectors/clock/clock.hpp"
#include "rules/model/time.hpp"

namespace triaged::clock {

/// Why a wall clock should not be taken as it is at a start.
enum class Doubt : std::uint8_t {
  none,
  far_ahead,  // more than 30 days after the log's last: all that is timed would fire at once
  not_set,    // no time that can be: before 2000 or after 2100
};

inline constexpr Duration kFarAhead = std::chrono::hours(24 * 30);

/// `last_log_time`: nothing where the log is empty. Whoever starts decides whether to go on.
[[nodiscard]] Doubt doubt_about(const Reading& reading, std::optional<Time> last_log_time);

/// Pure: reads no clock itself. Not thread-safe.
class LogClock {
 public:
  LogClock(const Reading& start, std::optional<Time> last_log_time, Duration max_future);

  /// Log time at `reading`. Readings that are older than one before change nothing.
  Time advance(const Reading& reading);
  /// As of the last reading.
  [[nodiscard]] Time now() const { return now_; }
  /// The wall clock's time minus log time, as of the last reading.
  [[nodiscard]] Duration difference() const { return difference_; }
  /// The wall clock is further away than log time follows.
  [[nodiscard]] bool astray() const { return difference_ > max_future_ || difference_ < -max_future_; }
  void set_max_future(Duration max_future) { max_future_ = max_future; }

 private:
  Time now_;
  Duration since_boot_;
  Duration difference_;
  Duration max_future_;
  Duration unused_{0};  // time that went by without leading, less than what is worth a millisecond
};

}  // namespace triaged::clock

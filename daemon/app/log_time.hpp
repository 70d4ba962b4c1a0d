// Log time as the daemon's threads read it.
#pragma once

#include <functional>
#include <mutex>
#include <optional>

#include "connectors/clock/log_clock.hpp"

namespace triaged::app {

/// Thread-safe.
class LogTime {
 public:
  LogTime(const clock::Reading& start, std::optional<Time> last_log_time, Duration max_future)
      : clock_(start, last_log_time, max_future) {}

  Time now() {
    const std::lock_guard lock(mutex_);
    return clock_.advance(clock::read());
  }
  /// The wall clock, where log time does not follow it; else unset.
  Time clamped() {
    const std::lock_guard lock(mutex_);
    return clock_.astray() ? clock_.now() + clock_.difference() : Time{};
  }
  /// How far the wall clock is ahead of log time, where that is more than log time follows; else nothing.
  std::optional<Duration> astray() {
    const std::lock_guard lock(mutex_);
    return clock_.astray() ? std::optional(clock_.difference()) : std::nullopt;
  }
  [[nodiscard]] Duration difference() {
    const std::lock_guard lock(mutex_);
    return clock_.difference();
  }

 private:
  std::mutex mutex_;
  clock::LogClock clock_;
};

}  // namespace triaged::app

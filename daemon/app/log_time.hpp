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
  /// The wall clock is further away than log time follows.
  bool astray() {
    const std::lock_guard lock(mutex_);
    return clock_.astray();
  }
  void set_max_future(Duration max_future) {
    const std::lock_guard lock(mutex_);
    clock_.set_max_future(max_future);
  }
  /// How far the wall clock is ahead of log time.
  [[nodiscard]] Duration difference() {
    const std::lock_guard lock(mutex_);
    return clock_.difference();
  }

 private:
  std::mutex mutex_;
  clock::LogClock clock_;
};

}  // namespace triaged::app

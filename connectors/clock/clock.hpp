// The only place that reads time. Everything else is given it.
#pragma once

#include <chrono>

#include "rules/model/time.hpp"

namespace triaged::clock {

/// The wall clock, UTC.
[[nodiscard]] Time now();

/// Two clocks, read together.
struct Reading {
  Time wall;            // UTC; people and time servers set it
  Duration since_boot;  // never set by anyone, and goes on while the machine sleeps
};
[[nodiscard]] Reading read();

/// CLOCK_MONOTONIC, as service managers compare it.
[[nodiscard]] std::chrono::microseconds monotonic();

/// How long something has taken, by a clock that never goes back.
class Stopwatch {
 public:
  Stopwatch();
  [[nodiscard]] Duration elapsed() const;
  /// The same, for what takes less than a Duration can tell.
  [[nodiscard]] std::chrono::microseconds elapsed_microseconds() const;

 private:
  std::chrono::steady_clock::time_point start_;
};

/// Waits: for a person to see something, or between two looks at what others change.
void pause(Duration duration);

}  // namespace triaged::clock

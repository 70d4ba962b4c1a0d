#include "connectors/clock/clock.hpp"

#include <thread>

#include <time.h>

namespace triaged::clock {

Time now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

Reading read() {
  timespec boot{};
  ::clock_gettime(CLOCK_BOOTTIME, &boot);
  const auto since_boot = std::chrono::seconds(boot.tv_sec) + std::chrono::nanoseconds(boot.tv_nsec);
  return {now(), std::chrono::floor<Duration>(since_boot)};
}

Stopwatch::Stopwatch() : start_(std::chrono::steady_clock::now()) {}

Duration Stopwatch::elapsed() const { return std::chrono::floor<Duration>(std::chrono::steady_clock::now() - start_); }

void pause(Duration duration) { std::this_thread::sleep_for(duration); }

}  // namespace triaged::clock

#include "connectors/clock/clock.hpp"

#include <thread>

#include <time.h>

namespace triaged::clock {
namespace {

std::chrono::nanoseconds since_start_of(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Time now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

Reading read() { return {now(), std::chrono::floor<Duration>(since_start_of(CLOCK_BOOTTIME))}; }

std::chrono::microseconds monotonic() {
  return std::chrono::floor<std::chrono::microseconds>(since_start_of(CLOCK_MONOTONIC));
}

Stopwatch::Stopwatch() : start_(std::chrono::steady_clock::now()) {}

Duration Stopwatch::elapsed() const { return std::chrono::floor<Duration>(std::chrono::steady_clock::now() - start_); }

std::chrono::microseconds Stopwatch::elapsed_microseconds() const {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::steady_clock::now() - start_);
}

void pause(Duration duration) { std::this_thread::sleep_for(duration); }

}  // namespace triaged::clock

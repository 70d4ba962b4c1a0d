#include "connectors/clock/clock.hpp"

#include <thread>

namespace triaged::clock {

Time now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

Stopwatch::Stopwatch() : start_(std::chrono::steady_clock::now()) {}

Duration Stopwatch::elapsed() const { return std::chrono::floor<Duration>(std::chrono::steady_clock::now() - start_); }

void pause(Duration duration) { std::this_thread::sleep_for(duration); }

}  // namespace triaged::clock

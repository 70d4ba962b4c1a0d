// The log of what happens, for people: lines on standard error.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "connectors/clock/clock.hpp"
#include "daemon/telemetry/line.hpp"

namespace triaged::telemetry {

/// Thread-safe. Of one kind of event ten lines may come at once, then one a second; what is left out is counted and
/// said by the next line of its kind (suppressed=N). A reader that does not read costs a tenth of a second once a
/// second, and then lines: these are counted, and told when there is room again.
class Logger {
 public:
  using Clock = std::function<clock::Reading()>;

  /// `descriptor` stays the caller's.
  explicit Logger(config::LogSettings settings, int descriptor, Clock clock = clock::read);

  [[nodiscard]] bool enabled(Level level) const { return level >= level_.load(std::memory_order_relaxed); }
  void write(const Line& line);
  /// After a reload.
  void set(config::LogSettings settings);
  /// Tells what was left out and not told since; at the end, and now and then.
  void tell_suppressed();

  [[nodiscard]] clock::Reading read_clock() const { return clock_(); }
  /// Lines that standard error did not take.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  /// Lines that were too many of their kind.
  [[nodiscard]] std::uint64_t suppressed() const { return suppressed_.load(std::memory_order_relaxed); }

 private:
  struct Kind {
    Duration full_at{};  // by the machine's clock, when all ten may come again
    std::uint64_t suppressed = 0;
  };

  bool take_turn(Kind& kind, Duration now) const;
  void put(std::string text, Duration now);
  bool put_rest();
  bool wait_for_room(Duration now);

  const int descriptor_;
  const Clock clock_;
  std::atomic<Level> level_;
  std::atomic<std::uint64_t> dropped_ = 0;
  std::atomic<std::uint64_t> suppressed_ = 0;

  std::mutex mutex_;  // all below
  Format format_;
  std::map<std::string, Kind, std::less<>> kinds_;  // as many as there are kinds of events in the code
  std::string rest_;                                // of a line that went out in part
  std::uint64_t dropped_untold_ = 0;
  Duration patient_at_{};  // when it may wait for room again
};

}  // namespace triaged::telemetry

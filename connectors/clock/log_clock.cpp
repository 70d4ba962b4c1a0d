#include "connectors/clock/log_clock.hpp"

#include <algorithm>

namespace triaged::clock {
namespace {

constexpr int kLeadOneIn = 20;

}  // namespace

Doubt doubt_about(const Reading& reading, std::optional<Time> last_log_time) {
  if (reading.wall < kEarliest || reading.wall >= kLatest) return Doubt::not_set;
  if (last_log_time && reading.wall - *last_log_time > kFarAhead) return Doubt::far_ahead;
  return Doubt::none;
}

LogClock::LogClock(const Reading& start, std::optional<Time> last_log_time, Duration max_future)
    : now_(last_log_time ? std::max(start.wall, *last_log_time) : start.wall),
      since_boot_(start.since_boot),
      difference_(start.wall - now_),
      max_future_(max_future) {}

Time LogClock::advance(const Reading& reading) {
  if (reading.since_boot < since_boot_) return now_;
  const Duration elapsed = reading.since_boot - since_boot_;
  since_boot_ = reading.since_boot;
  now_ += elapsed;
  difference_ = reading.wall - now_;
  if (astray()) {
    unused_ = Duration{0};
    return now_;
  }
  // Of what is left over there is less than kLeadOneIn, so this is at most `elapsed`: log time never goes back.
  unused_ += elapsed;
  const Duration most = unused_ / kLeadOneIn;
  const Duration lead = std::clamp(difference_, -most, most);
  unused_ = lead == difference_ ? Duration{0} : unused_ % kLeadOneIn;
  now_ += lead;
  difference_ -= lead;
  return now_;
}

}  // namespace triaged::clock

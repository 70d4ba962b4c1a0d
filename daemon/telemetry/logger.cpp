#include "daemon/telemetry/logger.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace triaged::telemetry {
namespace {

constexpr Duration kEvery{1000};      // one line of a kind
constexpr int kBurst = 10;            // lines of a kind at once
constexpr int kPatience = 100;        // milliseconds for a reader that is slow
constexpr Duration kImpatient{1000};  // after that it is not waited for

}  // namespace

Logger::Logger(config::LogSettings settings, int descriptor, Clock clock)
    : descriptor_(descriptor), clock_(std::move(clock)), level_(settings.level), format_(settings.format) {}

void Logger::set(config::LogSettings settings) {
  level_.store(settings.level, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  format_ = settings.format;
}

void Logger::write(const Line& line) {
  if (!enabled(line.level())) return;
  const clock::Reading reading = clock_();
  const std::lock_guard lock(mutex_);
  auto kind = kinds_.find(line.event());
  if (kind == kinds_.end()) kind = kinds_.emplace(line.event(), Kind{}).first;
  if (!take_turn(kind->second, reading.since_boot)) {
    ++kind->second.suppressed;
    suppressed_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  put(format_line(line, format_, reading.wall, std::exchange(kind->second.suppressed, 0)), reading.since_boot);
}

void Logger::tell_suppressed() {
  const clock::Reading reading = clock_();
  const std::lock_guard lock(mutex_);
  for (auto& [event, kind] : kinds_) {
    if (kind.suppressed == 0) continue;
    const Line line(Level::info, event, "lines like this were left out");
    put(format_line(line, format_, reading.wall, std::exchange(kind.suppressed, 0)), reading.since_boot);
  }
}

// A bucket of ten turns that fills by one a second, kept as the time when it is full.
bool Logger::take_turn(Kind& kind, Duration now) const {
  const Duration full_at = std::max(kind.full_at, now) + kEvery;
  if (full_at > now + kBurst * kEvery) return false;
  kind.full_at = full_at;
  return true;
}

void Logger::put(std::string text, Duration now) {
  if (dropped_untold_ > 0) {
    Line lost(Level::warn, "log_dropped", "standard error did not take these lines");
    lost.add("dropped", dropped_untold_);
    text.insert(0, format_line(lost, format_, clock_().wall));
  }
  if ((!rest_.empty() && (!wait_for_room(now) || !put_rest())) || !wait_for_room(now)) {
    ++dropped_untold_;
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  rest_ = std::move(text);
  dropped_untold_ = 0;
  (void)put_rest();
}

bool Logger::wait_for_room(Duration now) {
  pollfd waited{descriptor_, POLLOUT, 0};
  if (::poll(&waited, 1, 0) == 1) return true;
  if (now < patient_at_) return false;
  if (::poll(&waited, 1, kPatience) == 1) return true;
  patient_at_ = now + kImpatient;
  return false;
}

// True: nothing is left. A reader that is gone takes everything.
bool Logger::put_rest() {
  while (!rest_.empty()) {
    pollfd waited{descriptor_, POLLOUT, 0};
    if (::poll(&waited, 1, 0) != 1) return false;
    // A socket, such as the journal's, is asked not to block; a pipe with room takes as much as a line has at most.
    auto written = ::send(descriptor_, rest_.data(), rest_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (written < 0 && errno == ENOTSOCK) {
      written = ::write(descriptor_, rest_.data(), std::min(rest_.size(), kMostLineBytes));
    }
    if (written >= 0) {
      rest_.erase(0, static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      return false;
    } else if (errno != EINTR) {
      rest_.clear();
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
  }
  return true;
}

}  // namespace triaged::telemetry

#include "daemon/pipeline/shard/core.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "daemon/pipeline/crash_point.hpp"

namespace triaged::pipeline {
namespace {

// What is open longer than this is closed: an incident is published at the close of 100 ms of log time, so half of that
// delays nobody much.
constexpr Duration kCut = std::chrono::milliseconds(50);
// A batch this large is closed at once, and the next one waits until it is committed.
constexpr std::uint64_t kBatchBytes = std::uint64_t{4} << 20U;
constexpr std::uint32_t kMostAttempts = 3;

}  // namespace

Core::Core(Recovered recovered, std::vector<log::Record> waiting, bool unclean)
    : shard_(std::move(recovered.shard)), attempts_(recovered.attempts) {
  for (log::Record& record : waiting) (unclean ? alone_ : queue_).push_back({std::move(record), nullptr});
}

void Core::add(Durable durable) { queue_.push_back(std::move(durable)); }

bool Core::finished() const { return alone_.empty() && queue_.empty() && !in_flight_ && !shard_.open(); }

bool Core::skip_asked(log::Position position) const {
  const auto skips = [&](const Durable& durable) { return durable.record.skips == position; };
  return std::ranges::any_of(queue_, skips) || std::ranges::any_of(alone_, skips);
}

// What came first counts first, however late the shard gets to it: time does not pass what still waits.
Time Core::horizon(Time now) const {
  const std::deque<Durable>& waiting = alone_.empty() ? queue_ : alone_;
  return waiting.empty() ? now : std::min(now, waiting.front().record.log_time);
}

Core::Step Core::step(Time now, Time clamped, bool flush) {
  Step step;
  if (halt_) {
    if (halt_->final || !skip_asked(halt_->position)) return step;
    shard_.skip({&halt_->position, 1});
    halt_.reset();
    announced_ = true;
  }
  if (!alone_.empty()) {
    step_alone(step, now, clamped);
    return step;
  }
  while (!queue_.empty() && open_bytes_ < kBatchBytes) {
    // Whoever runs the log again must know that this record found a clock that was ahead of it: it was stamped, and
    // while it was written a timer fired that told nothing.
    if (shard_.clock_untold() && queue_.front().record.log_time < shard_.clock()) {
      close(step, shard_.clock(), clamped, true);
      return step;
    }
    if (!shard_.open()) opened_at_ = now;
    Durable durable = std::move(queue_.front());
    queue_.pop_front();
    if (!take(std::move(durable), step)) return step;
  }
  if (in_flight_) return step;
  const Time timer = shard_.next_timer();
  const bool due = timer <= now && shard_.clock() + kCut <= now;
  const bool full = open_bytes_ >= kBatchBytes;
  const bool owed = owed_ && *owed_ <= now;
  // With a flush a snapshot may follow, which has the clock as it is.
  const bool untold = flush && shard_.clock_untold();
  if (owed || untold || (shard_.open() && opened_at_ ? full || flush || *opened_at_ + kCut <= now : due)) {
    close(step, now, clamped, flush);
  }
  if (step.commit == nullptr) {
    if (timer != kNever) step.wake = std::max(shard_.next_timer(), shard_.clock() + kCut);
    if (owed_) step.wake = std::min(step.wake, *owed_);
    if (shard_.open() && opened_at_) step.wake = std::min(step.wake, *opened_at_ + kCut);
  }
  return step;
}

void Core::step_alone(Step& step, Time now, Time clamped) {
  if (in_flight_) return;
  const log::Position position = alone_.front().record.position;
  // It was to be left out before the end came.
  if (skip_asked(position)) announced_ = true;
  if (!announced_) {
    if (attempts_ >= kMostAttempts) {
      halt_ = {
          position,
          fmt::format("record {0} of the log made the daemon crash {1} times; look at it, then leave it out with the "
                      "command skip, position {0}",
                      position, attempts_)};
      return;
    }
    announced_ = true;
    return commit(step, shard_.attempt());
  }
  Durable durable = std::move(alone_.front());
  alone_.pop_front();
  announced_ = false;
  attempts_ = 0;
  if (take(std::move(durable), step)) close(step, now, clamped);
}

bool Core::take(Durable durable, Step& step) {
  crash_point("before-apply");
  const std::uint64_t size = durable.record.payload.size();
  const auto taken = shard_.take(durable.record, durable.alerts.get());
  if (!taken) {
    halt_ = {durable.record.position, taken.error(), true};
    return false;
  }
  open_bytes_ += size;
  step.taken_bytes += size;
  if (durable.record.kind == log::RecordKind::command) owed_ = slot_close(shard_.clock());
  return true;
}

void Core::close(Step& step, Time now, Time clamped, bool tell_clock) {
  const Time until = horizon(now);
  shard_.tick(until);
  step.since = opened_at_.value_or(Time{});
  open_bytes_ = 0;
  opened_at_.reset();
  const bool owed = owed_ && *owed_ <= until;
  if (owed) owed_.reset();
  // A tick that told nothing leaves no trace: the next cut's does the same.
  if (!shard_.open() && !owed && !(tell_clock && shard_.clock_untold())) return;
  step.closed = true;
  commit(step, shard_.close(until, clamped));
}

void Core::commit(Step& step, log::Batch batch) {
  in_flight_ = true;
  step.commit = std::make_shared<const log::Batch>(std::move(batch));
}

}  // namespace triaged::pipeline

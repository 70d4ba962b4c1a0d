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
constexpr std::uint32_t kMostAttempts = 3;
// A batch with care, then groups of it, then each alone: each the square root of the one before.
constexpr std::uint64_t kCarefulBatch = 65'536;
constexpr std::uint64_t kCarefulGroup = 256;

}  // namespace

Care care_after(const Recovered& recovered, std::uint64_t waiting) {
  return {.records = waiting, .each = 1, .attempts = recovered.attempts};
}

Care care_after(const Recovered& recovered) {
  if (recovered.attempts == 0) return {.records = 1, .each = kCarefulBatch, .attempts = 0};
  if (recovered.attempted == 1) return {.records = 1, .each = 1, .attempts = recovered.attempts};
  return {
      .records = recovered.attempted, .each = recovered.attempted > kCarefulGroup ? kCarefulGroup : 1, .attempts = 0};
}

Core::Core(Recovered recovered, Care care, std::uint64_t most_bytes)
    : shard_(std::move(recovered.shard)), care_(care), most_bytes_(most_bytes) {}

void Core::add(Durable durable) { queue_.push_back(std::move(durable)); }

bool Core::finished() const { return queue_.empty() && !in_flight_ && !shard_.open(); }

bool Core::skip_asked(log::Position position) const {
  return std::ranges::any_of(queue_, [&](const Durable& durable) { return durable.record.skips == position; });
}

// What came first counts first, however late the shard gets to it: time does not pass what still waits.
Time Core::horizon(const Moment& moment) const {
  if (!queue_.empty()) return std::min(moment.now, std::min(queue_.front().record.log_time, ceiling_));
  return moment.caught_up ? moment.now : std::min(moment.now, shard_.clock());
}

Core::Step Core::step(const Moment& moment, bool flush) {
  Step step;
  if (halt_) {
    if (halt_->final || !skip_asked(halt_->position)) return step;
    shard_.skip({&halt_->position, 1});
    halt_.reset();
    announced_ = true;
  }
  if (!shard_.open()) ceiling_ = moment.ceiling;
  if (care_.records != 0 && !queue_.empty()) {
    step_with_care(step, moment);
    return step;
  }
  while (!queue_.empty() && open_bytes_ < most_bytes_) {
    if (tell_clock(step, moment)) return step;
    if (!take_first(step, moment)) return step;
  }
  if (in_flight_) return step;
  const Time until = horizon(moment);
  const Time timer = shard_.next_timer();
  const bool due = timer <= until && shard_.clock() + kCut <= until;
  const bool full = open_bytes_ >= most_bytes_;
  const bool owed = owed_ && *owed_ <= until;
  // With a flush a snapshot may follow, which has the clock as it is.
  const bool untold = flush && shard_.clock_untold();
  if (owed || untold || (shard_.open() && opened_at_ ? full || flush || *opened_at_ + kCut <= moment.now : due)) {
    close(step, until, moment.clamped, flush);
  }
  if (step.commit == nullptr) {
    if (shard_.open() && opened_at_) step.wake = *opened_at_ + kCut;
    if (!moment.caught_up) return step;
    if (timer != kNever) step.wake = std::min(step.wake, std::max(shard_.next_timer(), shard_.clock() + kCut));
    if (owed_) step.wake = std::min(step.wake, *owed_);
  }
  return step;
}

// Whoever runs the log again must know that the next record found a clock that was ahead of it: it was stamped, and
// until it came a timer fired that told nothing. Whether that had to be said.
bool Core::tell_clock(Step& step, const Moment& moment) {
  if (!shard_.clock_untold() || queue_.front().record.log_time >= shard_.clock()) return false;
  close(step, shard_.clock(), moment.clamped, true);
  return true;
}

void Core::step_with_care(Step& step, const Moment& moment) {
  if (in_flight_ || tell_clock(step, moment)) return;
  const log::Position position = queue_.front().record.position;
  const bool alone = care_.each == 1;
  // It was to be left out before the end came.
  if (alone && skip_asked(position)) announced_ = true;
  if (!announced_) {
    if (alone && care_.attempts >= kMostAttempts) {
      halt_ = {
          position,
          fmt::format("record {0} of the log made the daemon crash {1} times; look at it, then leave it out with the "
                      "command skip, position {0}",
                      position, care_.attempts)};
      return;
    }
    announced_ = true;
    return commit(step, shard_.attempt(care_.each));
  }
  announced_ = false;
  care_.attempts = 0;
  for (std::uint64_t taken = 0; taken < care_.each && !queue_.empty() && open_bytes_ < most_bytes_; ++taken) {
    if (!take_first(step, moment)) return;
    if (care_.records != 0) --care_.records;
  }
  close(step, horizon(moment), moment.clamped);
}

bool Core::take_first(Step& step, const Moment& moment) {
  if (!shard_.open()) opened_at_ = moment.now;
  Durable durable = std::move(queue_.front());
  queue_.pop_front();
  crash_point("before-apply");
  if (durable.record.log_time > ceiling_) {
    durable.record.log_time = ceiling_;
    lowered_ = true;
  }
  const auto taken = shard_.take(durable.record, durable.alerts);
  if (!taken) {
    halt_ = {durable.record.position, taken.error(), true};
    return false;
  }
  open_bytes_ += durable.bytes;
  step.taken_bytes += durable.bytes;
  if (durable.record.kind == log::RecordKind::command) owed_ = slot_close(shard_.clock());
  return true;
}

void Core::close(Step& step, Time until, Time clamped, bool tell_clock) {
  shard_.tick(until);
  step.since = opened_at_.value_or(Time{});
  open_bytes_ = 0;
  opened_at_.reset();
  const bool owed = owed_ && *owed_ <= until;
  if (owed) owed_.reset();
  // A tick that told nothing leaves no trace: the next cut's does the same.
  if (!shard_.open() && !owed && !(tell_clock && shard_.clock_untold())) return;
  step.closed = true;
  commit(step, shard_.close(until, clamped, std::exchange(lowered_, false) ? ceiling_ : Time{}));
}

void Core::commit(Step& step, log::Batch batch) {
  in_flight_ = true;
  step.commit = std::make_shared<const log::Batch>(std::move(batch));
}

}  // namespace triaged::pipeline

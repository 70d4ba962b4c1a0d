#include "daemon/replay/replay_log.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace triaged::replay {

namespace {

// Far more timers than any state can hold; only an engine that re-arms a timer for ever gets there.
constexpr std::uint64_t kMaxDrainTicks = 50'000'000;

}  // namespace

Time replay_log_time(const wire::AlertBatch::Entry& entry, Time clock) {
  if (entry.received_at) return *entry.received_at;
  if (entry.starts_at && entry.ends_at) return std::max(*entry.starts_at, *entry.ends_at);
  if (entry.starts_at) return *entry.starts_at;
  if (entry.ends_at) return *entry.ends_at;
  return clock;
}

ReplayLog::ReplayLog(Engine& engine, EffectSink& sink, std::vector<wire::DecodedChange> changes)
    : engine_(engine), sink_(sink), changes_(std::move(changes)) {
  std::ranges::sort(changes_, {}, [](const wire::DecodedChange& change) {
    return std::tie(change.implemented_at, change.id, change.service, change.kind);
  });
}

// Before its first input the engine has no clock yet.
Time ReplayLog::clock() const { return std::max(engine_.clock(), kEarliest); }

void ReplayLog::apply(const Input& input) {
  engine_.apply(input, effects_);
  if (effects_.empty()) return;
  sink_.take(effects_);
  effects_.clear();
}

void ReplayLog::apply_changes_until(Time log_time) {
  for (; next_change_ < changes_.size() && changes_[next_change_].implemented_at <= log_time; ++next_change_) {
    const auto& change = changes_[next_change_];
    apply({change.implemented_at, ChangeInput{change.id, change.service, change.kind, change.implemented_at}});
  }
}

void ReplayLog::apply(const wire::AlertBatch& batch, std::size_t first, std::size_t last) {
  for (auto index = first; index < last; ++index) {
    const auto& entry = batch.entries[index];
    const auto log_time = replay_log_time(entry, clock());
    apply_changes_until(log_time);
    apply({log_time, AlertInput{batch.labels(entry), batch.annotations(entry), entry.starts_at, entry.ends_at}});
  }
}

void ReplayLog::tick(Time time) { apply({time, Tick{}}); }

bool ReplayLog::drain() {
  for (std::uint64_t ticks = 0; ticks < kMaxDrainTicks; ++ticks) {
    const auto next = engine_.next_timer();
    if (next == kNever) return true;
    tick(std::max(next, clock()));
  }
  return false;
}

void ReplayLog::end() { apply({clock(), EndOfLog{}}); }

}  // namespace triaged::replay

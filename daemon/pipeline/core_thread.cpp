#include "daemon/pipeline/core_thread.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "connectors/systemd/thread_name.hpp"
#include "daemon/pipeline/crash_point.hpp"

namespace triaged::pipeline {
namespace {

constexpr Duration kSnapshotPoll = std::chrono::milliseconds(200);

}  // namespace

ShardView view_of(const Shard& shard) {
  const Engine& engine = *shard.engine();
  ShardView view{.bundle = shard.bundle(),
                 .cut = shard.last(),
                 .counts = engine.counts(),
                 .active_alerts = engine.active_alerts(),
                 .state_bytes = engine.state_bytes(),
                 .incidents = engine.incident_counts(),
                 .opened = engine.opened_by_rule(),
                 .stalled_sources = {}};
  for (std::uint32_t source = 0; source < view.bundle->sources.size(); ++source) {
    view.stalled_sources.push_back(engine.source_stalled(source));
  }
  return view;
}

CoreThread::CoreThread(Core core, SnapshotWriter& snapshots, Options options)
    : core_(std::move(core)), snapshots_(snapshots), options_(std::move(options)) {}

void CoreThread::start() {
  thread_ = std::thread([this] { run(); });
}

CoreThread::~CoreThread() { stop(); }

void CoreThread::take(std::vector<Durable> records) {
  {
    const std::lock_guard lock(mutex_);
    std::ranges::move(records, std::back_inserter(incoming_));
  }
  changed_.notify_one();
}

void CoreThread::caught_up(bool all) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(caught_up_, all) == all) return;
    retime_ = true;
  }
  changed_.notify_one();
}

void CoreThread::abandon() {
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void CoreThread::committed() {
  {
    const std::lock_guard lock(mutex_);
    committed_ = true;
  }
  changed_.notify_one();
}

void CoreThread::give_up() {
  {
    const std::lock_guard lock(mutex_);
    given_up_ = true;
  }
  changed_.notify_one();
}

log::Position CoreThread::halted_at() const {
  const std::lock_guard lock(mutex_);
  return halted_at_;
}

bool CoreThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  return finished_;
}

void CoreThread::run() {
  systemd::name_thread("core");
  Time wake = Time::min();
  for (;;) {
    bool stopping = false;
    bool given_up = false;
    Core::Moment moment;
    {
      std::unique_lock lock(mutex_);
      const auto some = [this] {
        return stopping_ || given_up_ || abandoned_ || committed_ || retime_ || !incoming_.empty();
      };
      if (snapshots_.busy()) wake = std::min(wake, options_.moment().now + kSnapshotPoll);
      if (wake == kNever) {
        changed_.wait(lock, some);
      } else if (const Time now = options_.moment().now; wake > now) {
        changed_.wait_for(lock, wake - now, some);
      }
      if (abandoned_) return;
      retime_ = false;
      if (std::exchange(committed_, false)) core_.committed();
      for (Durable& durable : incoming_) core_.add(std::move(durable));
      incoming_.clear();
      stopping = stopping_;
      given_up = given_up_;
      moment = options_.moment();
      moment.caught_up = caught_up_;
    }
    const Core::Step step = core_.step(moment, stopping);
    after(step);
    wake = step.commit != nullptr ? Time::min() : step.wake;
    if (!stopping) continue;
    finished_ = core_.finished();
    if (finished_) break;
    if (given_up || core_.halt()) return;
    if (step.commit == nullptr) {
      // What is left to do is the log's.
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return given_up_ || abandoned_ || committed_ || !incoming_.empty(); });
    }
  }
  options_.on_snapshot(snapshots_.write_now(core_.shard()));
}

void CoreThread::after(const Core::Step& step) {
  if (step.taken_bytes != 0) options_.on_taken(step.taken_bytes);
  report_halt();
  if (auto result = snapshots_.poll()) options_.on_snapshot(*result);
  if (step.commit == nullptr) return;
  crash_point("before-commit");
  options_.commit(step.commit, step.since);
  if (!step.closed) return;
  maybe_snapshot();
  if (core_.shard().engine() != nullptr) options_.on_view(view_of(core_.shard()));
}

void CoreThread::maybe_snapshot() {
  if (snapshots_.busy()) return;
  const Time now = options_.moment().now;
  if (snapshot_at_ == Time{}) snapshot_at_ = now;
  const bool long_tail = core_.shard().alerts() - snapshot_alerts_ >= options_.snapshots.max_tail;
  if (!long_tail && now - snapshot_at_ < options_.snapshots.interval) return;
  snapshot_at_ = now;
  snapshot_alerts_ = core_.shard().alerts();
  if (auto failed = snapshots_.begin(core_.shard())) options_.on_snapshot(*failed);
}

void CoreThread::report_halt() {
  const log::Position at = core_.halt() ? core_.halt()->position : 0;
  {
    const std::lock_guard lock(mutex_);
    if (halted_at_ == at) return;
    halted_at_ = at;
  }
  options_.on_halt(core_.halt());
}

}  // namespace triaged::pipeline

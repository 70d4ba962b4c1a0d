#include "daemon/app/local/keeper.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace triaged::app {
namespace {

constexpr Duration kLookEvery = std::chrono::seconds(10);
constexpr Duration kPruneEvery = std::chrono::minutes(1);

/// What is older is over; the earliest time there is: nothing ever is.
Time before(Time now, Duration age) { return age == Duration{0} ? Time{} : now - age; }

}  // namespace

Keeper::Keeper(std::string directory, config::RetentionSettings retention, log::SnapshotStore store, log::LocalLog& log,
               pipeline::LogThread& log_thread, Board& board, telemetry::Telemetry& telemetry)
    : directory_(std::move(directory)),
      retention_(retention),
      store_(std::move(store)),
      log_(log),
      log_thread_(log_thread),
      board_(board),
      telemetry_(telemetry) {
  if (auto reader = log::LocalReader::open(directory_)) reader_ = *std::move(reader);
  if (auto checkpointer = log::LocalCheckpointer::open(directory_)) checkpointer_ = *std::move(checkpointer);
  look();
}

void Keeper::tick(Time now, std::uint64_t out) {
  checkpoint();
  if (since_look_.elapsed() >= kLookEvery) look();
  if (!since_prune_ || since_prune_->elapsed() >= kPruneEvery) prune(now, out);
}

void Keeper::look() {
  since_look_ = {};
  if (reader_ == nullptr) return;
  if (const auto kept = reader_->kept()) board_.log_bytes(kept->bytes);
}

void Keeper::checkpoint() {
  if (checkpointer_ == nullptr || !checkpointer_->due()) return;
  // Beside the writer as long as it can catch up with it; else in its place.
  if (checkpointer_->far_behind()) {
    log_thread_.between([this] { [[maybe_unused]] const auto done = log_.checkpoint(); });
  } else {
    checkpointer_->run();
  }
}

void Keeper::prune(Time now, std::uint64_t out) {
  since_prune_.emplace();
  if (reader_ == nullptr || pruning_->load()) return;
  log::LocalPruning pruning = old_journal(now, out);
  const auto rejected = reader_->last_rejected_before(before(now, retention_.rejected_age), retention_.rejected_bytes);
  // Recovery does not need them: it makes them again.
  if (rejected && *rejected != 0) pruning.rejected_before = std::min(*rejected, out) + 1;
  if (pruning.records_before == 0 && pruning.rejected_before == 0) return;
  pruning_->store(true);
  prune_some(pruning);
}

log::LocalPruning Keeper::old_journal(Time now, std::uint64_t out) {
  // Recovery begins at the older of two snapshots at the earliest: the newer one may turn out to be damaged.
  const auto snapshots = store_.list();
  if (snapshots.size() < 2) return {};
  const auto& older = snapshots.back().manifest;
  const auto last = reader_->last_before(before(now, retention_.journal_age), retention_.journal_bytes);
  const auto kept = reader_->kept();
  if (!last || !kept || kept->first == 0) return {};
  // The last record stays, so that the next one gets its position.
  const log::Position through = std::min({*last, older.through, kept->last - 1});
  const auto cut = reader_->last_cut_through(through);
  if (!cut || through < kept->first) return {};
  telemetry_.tell(telemetry::RetentionPruned{.records = through + 1 - kept->first, .through = through});
  return {.records_before = through + 1, .cuts_before = std::min({*cut, older.cut, out}), .rejected_before = 0};
}

void Keeper::prune_some(log::LocalPruning pruning) {
  // A little at a time, so that whoever posts alerts does not wait for it.
  log_thread_.between([this, pruning, running = pruning_] {
    const auto more = log_.prune(pruning);
    if (more && *more) return prune_some(pruning);
    running->store(false);
  });
}

}  // namespace triaged::app

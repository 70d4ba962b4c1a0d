#include "daemon/pipeline/shard/log_run.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "connectors/log/cut_codec.hpp"
#include "daemon/pipeline/crash_point.hpp"

namespace triaged::pipeline {
namespace {

using log::Cut;
using log::Record;

constexpr std::size_t kReadBytes = std::size_t{4} << 20U;
constexpr std::size_t kReadCuts = 256;

std::unexpected<RecoveryError> failed(const log::LogError& error) {
  return std::unexpected(RecoveryError{RecoveryError::Kind::log, error.message});
}

std::unexpected<RecoveryError> other_version(const Cut& cut) {
  return std::unexpected(RecoveryError{
      RecoveryError::Kind::engine_version,
      fmt::format("the log's last batches were made by engine version {}, this is version {}: start that one once and "
                  "stop it cleanly, or say --accept-engine-change",
                  cut.engine_version, engine_version())});
}

/// Whether everything that runs the log from its first record is there. A cut of another version is not.
std::expected<bool, RecoveryError> whole(log::LogReader& log) {
  const auto first = log.first_record();
  if (!first) return failed(first.error());
  const auto cut = log.cuts(0, 1);
  if (!cut) return failed(cut.error());
  return *first == 1 && !cut->empty() && cut->front().number == 1 && cut->front().engine_version == engine_version();
}

/// Why it can't be used; empty: `shard` is what it held.
std::expected<std::string, RecoveryError> restore(log::LogReader& log, const log::SnapshotStore& snapshots,
                                                  const log::StoredSnapshot& stored, std::uint32_t number,
                                                  std::optional<Shard>& shard) {
  const auto& manifest = stored.manifest;
  const auto cut = log.cuts(manifest.cut - 1, 1);
  if (!cut) return failed(cut.error());
  if (cut->empty() || cut->front().number != manifest.cut || log::hash_of(cut->front()) != manifest.cut_hash) {
    return stored.file + ": belongs to another log";
  }
  const auto state = snapshots.read(stored);
  if (!state) return state.error();
  auto restored = Shard::restore(number, manifest, cut->front(), *state);
  if (!restored) return fmt::format("{}: {}", stored.file, restored.error());
  shard = *std::move(restored);
  return std::string();
}

}  // namespace

std::expected<Beginning, RecoveryError> begin(log::LogReader& log, const log::SnapshotStore* snapshots,
                                              const Cut& last_cut, std::uint32_t shard, BeginAt at) {
  Beginning beginning{Shard(shard), {}, {}};
  if (at == BeginAt::first_record) {
    const auto all = whole(log);
    if (!all) return std::unexpected(all.error());
    if (*all) return beginning;
  }
  auto stored = snapshots != nullptr ? snapshots->list() : std::vector<log::StoredSnapshot>();
  if (at == BeginAt::first_record) std::ranges::reverse(stored);
  if (snapshots != nullptr) beginning.damaged = snapshots->damaged();
  for (const log::StoredSnapshot& snapshot : stored) {
    // One that is ahead was written just before the end, and its cut was not: the log is the truth.
    if (snapshot.manifest.cut > last_cut.number) continue;
    std::optional<Shard> restored;
    auto why_not = restore(log, *snapshots, snapshot, shard, restored);
    if (!why_not) return std::unexpected(why_not.error());
    if (restored) {
      beginning.shard = *std::move(restored);
      beginning.snapshot = snapshot.file;
      return beginning;
    }
    beginning.damaged.push_back(*std::move(why_not));
  }
  return beginning;
}

LogRun::LogRun(log::LogReader& log, Shard shard, Cut last_cut, Options options)
    : log_(&log), shard_(std::move(shard)), last_cut_(std::move(last_cut)), options_(options) {}

std::expected<LogRun, RecoveryError> LogRun::start(log::LogReader& log, Shard shard, Cut last_cut, Options options) {
  const auto skipped = log.skipped();
  if (!skipped) return failed(skipped.error());
  shard.skip(*skipped);
  return LogRun(log, std::move(shard), std::move(last_cut), options);
}

std::expected<std::optional<LogRun::Step>, RecoveryError> LogRun::next() {
  if (shard_.last().number >= last_cut_.number) return std::nullopt;
  auto cut = next_cut();
  if (!cut) return std::unexpected(cut.error());
  const bool same_version = cut->engine_version == engine_version();
  if (!same_version && !options_.accept_engine_change) return other_version(*cut);
  comparable_ = comparable_ && same_version;
  while (shard_.through() < cut->through) {
    const auto record = next_record();
    if (!record) return std::unexpected(record.error());
    if (auto taken = shard_.take(*record); !taken) {
      return std::unexpected(RecoveryError{RecoveryError::Kind::log, taken.error()});
    }
  }
  Shard::Followed followed = shard_.follow(*cut);
  if (!followed.same && comparable_) return std::unexpected(difference(*cut, followed.made));
  return Step{*std::move(cut), std::move(followed.made.outputs)};
}

std::expected<Cut, RecoveryError> LogRun::next_cut() {
  const std::uint64_t number = shard_.last().number + 1;
  if (cuts_.empty()) {
    auto more = log_->cuts(number - 1, kReadCuts);
    if (!more) return failed(more.error());
    std::ranges::move(*more, std::back_inserter(cuts_));
  }
  if (cuts_.empty() || cuts_.front().number != number) {
    return std::unexpected(
        RecoveryError{RecoveryError::Kind::gap, fmt::format("cut {} is needed, and it is not there", number)});
  }
  Cut cut = std::move(cuts_.front());
  cuts_.pop_front();
  return cut;
}

std::expected<Record, RecoveryError> LogRun::next_record() {
  const log::Position position = shard_.through() + 1;
  if (records_.empty()) {
    auto more = log_->records(position - 1, kReadBytes);
    if (!more) return failed(more.error());
    std::ranges::move(*more, std::back_inserter(records_));
  }
  if (records_.empty() || records_.front().position != position) {
    return std::unexpected(RecoveryError{RecoveryError::Kind::gap,
                                         fmt::format("record {} of the log is needed, and it is not there", position)});
  }
  Record record = std::move(records_.front());
  records_.pop_front();
  return record;
}

RecoveryError LogRun::difference(const Cut& cut, const log::Batch& made) {
  std::string message = fmt::format(
      "running the log again, cut {} (records up to {}) did not come out as it is recorded", cut.number, cut.through);
  // The chain, the clock and the rules are what they were given; what differs else are the outputs.
  if (made.cut.previous != cut.previous) {
    message += ": it does not follow the cut before it";
  } else if (made.cut.bundle != cut.bundle) {
    message += ": other rules are in force";
  } else if (const auto recorded = log_->outputs(cut.number); recorded && !recorded->empty()) {
    if (const std::string what = first_difference(made.outputs, *recorded); !what.empty()) message += ": " + what;
  }
  return {RecoveryError::Kind::divergence, std::move(message)};
}

std::string first_difference(const std::vector<log::Output>& made, const std::vector<log::Output>& recorded) {
  const auto [ours, theirs] = std::ranges::mismatch(made, recorded);
  const auto at = ours - made.begin() + 1;
  if (ours != made.end() && theirs != recorded.end()) {
    return ours->key == theirs->key ? fmt::format("output {}, {}, differs", at, ours->key)
                                    : fmt::format("output {} is {}, and was {}", at, ours->key, theirs->key);
  }
  if (ours != made.end()) return fmt::format("output {}, {}, is too much", at, ours->key);
  if (theirs != recorded.end()) return fmt::format("output {}, {}, is missing", at, theirs->key);
  return {};
}

}  // namespace triaged::pipeline

#include "daemon/pipeline/recovery.hpp"

#include <deque>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "connectors/log/cut_codec.hpp"
#include "rules/engine/version.hpp"

namespace triaged::pipeline {
namespace {

using log::Cut;
using log::Position;
using log::Record;

constexpr std::size_t kReadBytes = std::size_t{4} << 20U;
constexpr std::size_t kReadCuts = 256;

std::unexpected<RecoveryError> failed(const log::LogError& error) {
  return std::unexpected(RecoveryError{RecoveryError::Kind::log, error.message});
}

/// Records one by one, read ahead.
class Records {
 public:
  Records(log::LogReader& log, Position after) : log_(log), last_(after) {}

  std::expected<Record, RecoveryError> next() {
    if (ahead_.empty()) {
      auto more = log_.records(last_, kReadBytes);
      if (!more) return failed(more.error());
      for (Record& record : *more) ahead_.push_back(std::move(record));
    }
    if (ahead_.empty() || ahead_.front().position != last_ + 1) {
      return std::unexpected(RecoveryError{
          RecoveryError::Kind::gap, fmt::format("record {} of the log is needed, and it is not there", last_ + 1)});
    }
    Record record = std::move(ahead_.front());
    ahead_.pop_front();
    ++last_;
    return record;
  }

 private:
  log::LogReader& log_;
  Position last_;
  std::deque<Record> ahead_;
};

struct Beginning {
  Shard shard;
  std::string snapshot;
};

/// The newest snapshot that was taken after a cut of this log, or nothing at all.
std::expected<Beginning, RecoveryError> begin(log::LogReader& log, const log::SnapshotStore* snapshots,
                                              const Cut& last_cut, std::uint32_t shard,
                                              std::vector<std::string>& damaged) {
  for (const log::StoredSnapshot& stored :
       snapshots != nullptr ? snapshots->list() : std::vector<log::StoredSnapshot>()) {
    const auto& manifest = stored.manifest;
    // One that is ahead was written just before the end, and its cut was not: the log is the truth.
    if (manifest.cut > last_cut.number) continue;
    const auto cut = log.cuts(manifest.cut - 1, 1);
    if (!cut) return failed(cut.error());
    if (cut->empty() || cut->front().number != manifest.cut || log::hash_of(cut->front()) != manifest.cut_hash) {
      damaged.push_back(stored.file + ": belongs to another log");
      continue;
    }
    auto state = snapshots->read(stored);
    if (!state) {
      damaged.push_back(state.error());
      continue;
    }
    auto restored = Shard::restore(shard, manifest, *state);
    if (!restored) {
      damaged.push_back(fmt::format("{}: {}", stored.file, restored.error()));
      continue;
    }
    return Beginning{*std::move(restored), stored.file};
  }
  return Beginning{Shard(shard), {}};
}

std::unexpected<RecoveryError> other_version(const Cut& cut) {
  return std::unexpected(RecoveryError{
      RecoveryError::Kind::engine_version,
      fmt::format("the log's last batches were made by engine version {}, this is version {}: start that one once and "
                  "stop it cleanly, or say --accept-engine-change",
                  cut.engine_version, kEngineVersion)});
}

}  // namespace

std::expected<Recovered, RecoveryError> recover(log::LogReader& log, const log::SnapshotStore* snapshots,
                                                const RecoveryOptions& options) {
  const auto last_cut = log.last_cut();
  if (!last_cut) return failed(last_cut.error());
  if (!*last_cut) {
    Recovered fresh(Shard(options.shard));
    auto skipped = log.skipped();
    if (!skipped) return failed(skipped.error());
    fresh.shard.skip(*skipped);
    return fresh;
  }
  std::vector<std::string> damaged;
  auto beginning = begin(log, snapshots, **last_cut, options.shard, damaged);
  if (!beginning) return std::unexpected(beginning.error());
  Recovered recovered(std::move(beginning->shard));
  recovered.snapshot = std::move(beginning->snapshot);
  recovered.damaged = std::move(damaged);
  Shard& shard = recovered.shard;
  const Position first = shard.through();
  const auto skipped = log.skipped();
  if (!skipped) return failed(skipped.error());
  shard.skip(*skipped);

  Records records(log, first);
  std::optional<Cut> other;  // the last cut that another version of the engine made
  while (shard.last().number < (*last_cut)->number) {
    const auto cuts = log.cuts(shard.last().number, kReadCuts);
    if (!cuts) return failed(cuts.error());
    if (cuts->empty() || cuts->front().number != shard.last().number + 1) {
      return std::unexpected(RecoveryError{
          RecoveryError::Kind::gap, fmt::format("cut {} is needed, and it is not there", shard.last().number + 1)});
    }
    for (const Cut& cut : *cuts) {
      const bool same_version = cut.engine_version == kEngineVersion;
      if (!same_version && !options.accept_engine_change) return other_version(cut);
      while (shard.through() < cut.through) {
        const auto record = records.next();
        if (!record) return std::unexpected(record.error());
        if (auto taken = shard.take(*record); !taken) {
          return std::unexpected(RecoveryError{RecoveryError::Kind::log, taken.error()});
        }
      }
      if (!shard.follow(cut) && same_version && !other) {
        return std::unexpected(RecoveryError{
            RecoveryError::Kind::divergence,
            fmt::format("running the log again, cut {} (records up to {}) did not come out as it is recorded",
                        cut.number, cut.through)});
      }
      if (!same_version) other = cut;
      recovered.attempts = cut.attempt ? recovered.attempts + 1 : 0;
      ++recovered.cuts;
    }
    options.progress(shard.through() - first, (*last_cut)->through - first);
  }
  recovered.records = shard.through() - first;
  return recovered;
}

}  // namespace triaged::pipeline

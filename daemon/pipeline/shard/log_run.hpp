// A log's records, run again cut by cut: what recovery does, and `replay --log`.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "connectors/log/shard_log.hpp"
#include "connectors/log/snapshot_file.hpp"
#include "daemon/pipeline/shard/shard.hpp"

namespace triaged::pipeline {

struct RecoveryError {
  enum class Kind : std::uint8_t {
    log,             // it can't be read
    engine_version,  // the tail needs another version
    gap,             // records that are needed are gone
    divergence,      // running the log again gave something else
  } kind = Kind::log;
  std::string message;
};

struct Beginning {
  Shard shard;
  std::string snapshot;              // the file that it was restored from; empty: nothing was taken yet
  std::vector<std::string> damaged;  // snapshots that could not be used, a sentence each
};

enum class BeginAt : std::uint8_t {
  newest_snapshot,  // else the first record
  first_record,     // else, where that is gone or another engine version's, the oldest snapshot that does
};

/// A shard as it was after a cut of this log, at `last_cut` or before.
std::expected<Beginning, RecoveryError> begin(log::LogReader& log, const log::SnapshotStore* snapshots,
                                              const log::Cut& last_cut, std::uint32_t shard, BeginAt at);

/// Not thread-safe.
class LogRun {
 public:
  struct Options {
    /// Go on although another version of the engine made the cuts, whose outputs can't be compared.
    bool accept_engine_change = false;
  };
  /// From `shard`'s last cut to `last_cut`.
  static std::expected<LogRun, RecoveryError> start(log::LogReader& log, Shard shard, log::Cut last_cut,
                                                    Options options);

  struct Step {
    log::Cut cut;
    std::vector<log::Output> outputs;
  };
  /// Runs the next cut, and compares what came out with its hash. Nothing: that was the last one.
  std::expected<std::optional<Step>, RecoveryError> next();

  [[nodiscard]] const Shard& shard() const { return shard_; }
  [[nodiscard]] Shard take_shard() { return std::move(shard_); }

 private:
  LogRun(log::LogReader& log, Shard shard, log::Cut last_cut, Options options);
  std::expected<log::Cut, RecoveryError> next_cut();
  std::expected<log::Record, RecoveryError> next_record();
  RecoveryError difference(const log::Cut& cut, const log::Batch& made);

  log::LogReader* log_;
  Shard shard_;
  log::Cut last_cut_;
  Options options_;
  bool comparable_ = true;  // no cut was another version's
  std::deque<log::Cut> cuts_;
  std::deque<log::Record> records_;
};

/// The first output that one has and the other has not, in words; empty: there is none.
[[nodiscard]] std::string first_difference(const std::vector<log::Output>& made,
                                           const std::vector<log::Output>& recorded);

}  // namespace triaged::pipeline

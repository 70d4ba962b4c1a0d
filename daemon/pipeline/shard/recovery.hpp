// From what the log and the snapshots hold to a shard that goes on where it was.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/log/shard_log.hpp"
#include "connectors/log/snapshot_file.hpp"
#include "daemon/pipeline/shard/log_run.hpp"
#include "daemon/pipeline/shard/shard.hpp"

namespace triaged::pipeline {

struct RecoveryOptions {
  std::uint32_t shard = 0;
  /// Where reading begins in each input, of a log without any cut; see Shard.
  std::vector<std::uint64_t> next{};
  /// Go on although the tail was made by another version of the engine, whose outputs can't be compared.
  bool accept_engine_change = false;
  /// Told now and then how many records were run again.
  std::function<void(log::Position done, log::Position of)> progress = [](log::Position, log::Position) {};
  /// Asked between two cuts; false: nobody needs the shard any more, which is an error like another.
  std::function<bool()> go_on = [] { return true; };
};

struct Recovered {
  explicit Recovered(Shard from) : shard(std::move(from)) {}
  Shard shard;
  std::string snapshot;              // the file that it began from; empty: from the first record
  std::uint64_t cuts = 0;            // run again
  log::Position records = 0;         // run again
  std::uint32_t attempts = 0;        // how often what is behind the last cut was announced already, as it was last
  std::uint64_t attempted = 0;       // how many records were announced then
  std::string other_version;         // of the engine, which made cuts that were run again all the same; empty: none
  std::vector<std::string> damaged;  // snapshots that could not be used, a sentence each
};

/// Newest good snapshot, then the records up to the last cut, outputs compared by their hash and dropped.
std::expected<Recovered, RecoveryError> recover(log::LogReader& log, const log::SnapshotStore* snapshots,
                                                const RecoveryOptions& options);

}  // namespace triaged::pipeline

// Keeps the state folder within its bounds: retention of the journal, checkpoints of the log.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "config/settings/settings.hpp"
#include "connectors/clock/clock.hpp"
#include "connectors/log/local/local_log.hpp"
#include "connectors/log/snapshot_file.hpp"
#include "daemon/app/board.hpp"
#include "daemon/pipeline/log_thread.hpp"
#include "daemon/telemetry/telemetry.hpp"

namespace triaged::app {

/// Not thread-safe; what it writes is written by the log thread.
class Keeper {
 public:
  Keeper(std::string directory, config::RetentionSettings retention, log::SnapshotStore store, log::LocalLog& log,
         pipeline::LogThread& log_thread, Board& board, telemetry::Telemetry& telemetry);

  /// Called about once a second. `now`: log time. `out`: the cut up to which everybody has what they need of outputs.
  void tick(Time now, std::uint64_t out);

 private:
  void look();
  void prune(Time now, std::uint64_t out);
  /// What may go of it; nothing where records_before is 0.
  log::LocalPruning old_journal(Time now, std::uint64_t out);
  void prune_some(log::LocalPruning pruning);
  void checkpoint();

  std::string directory_;
  config::RetentionSettings retention_;
  log::SnapshotStore store_;
  log::LocalLog& log_;
  pipeline::LogThread& log_thread_;
  Board& board_;
  telemetry::Telemetry& telemetry_;
  std::unique_ptr<log::LocalReader> reader_;
  std::unique_ptr<log::LocalCheckpointer> checkpointer_;
  clock::Stopwatch since_look_;
  std::optional<clock::Stopwatch> since_prune_;
  std::shared_ptr<std::atomic<bool>> pruning_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace triaged::app

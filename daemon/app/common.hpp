// What every part of the daemon uses: made first, gone last.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "config/load.hpp"
#include "connectors/clock/clock.hpp"
#include "connectors/wire/alert_batch.hpp"
#include "daemon/app/board.hpp"
#include "daemon/app/daemon.hpp"
#include "daemon/app/state_folder.hpp"
#include "daemon/cli/version.hpp"
#include "daemon/telemetry/telemetry.hpp"

namespace triaged::app {

inline std::unexpected<StartError> refuse(StartError::Kind kind, std::string message) {
  return std::unexpected(StartError{.kind = kind, .message = std::move(message), .diagnostics = {}});
}
inline std::unexpected<StartError> refuse(const log::LogError& error) {
  const bool people = error.kind == log::LogError::Kind::refused;
  return refuse(people ? StartError::Kind::configuration : StartError::Kind::internal, error.message);
}

struct Common {
  Common(RunOptions run_options, config::Loaded configuration, StateFolder state_folder)
      : options(std::move(run_options)),
        loaded(std::move(configuration)),
        folder(std::move(state_folder)),
        metrics(registry, cli::version_number(), cli::revision_text()),
        logger(loaded.settings.logging, STDERR_FILENO),
        telemetry(registry, metrics, logger),
        board(cli::version_text(), options.configuration, clock::now(), telemetry) {}

  void read(const std::string& source, std::uint64_t alerts, const std::vector<wire::Rejection>& rejections) {
    board.source_read(source, alerts, rejections, clock::now());
  }
  /// What became of a snapshot.
  void tell(const pipeline::SnapshotResult& result) {
    if (!result.error.empty()) return telemetry.tell(telemetry::SnapshotFailed{.why = result.error});
    board.snapshot(clock::now());
    telemetry.tell(telemetry::SnapshotWritten{
        .cut = result.cut, .bytes = result.bytes, .took = result.took, .stall = result.stall});
  }
  /// That a shard halted, or goes on.
  void tell(std::uint32_t shard, const std::optional<pipeline::Core::Halt>& halt) {
    board.halted(shard, halt ? halt->why : std::string());
    if (!halt) return telemetry.tell(telemetry::ShardResumed{});
    using Reason = telemetry::ShardStopped::Reason;
    telemetry.tell(telemetry::ShardStopped{.reason = halt->final ? Reason::broken_log : Reason::poison,
                                           .cut = board.last_cut(shard),
                                           .position = halt->position,
                                           .what_to_do = halt->why});
  }
  /// That a batch is committed which took what came at `since` or later.
  void committed(const log::Batch& batch, Time since, Time now) const {
    const auto is_incident = [](const log::Output& output) { return output.topic == log::Topic::incidents; };
    if (since == Time{} || !std::ranges::any_of(batch.outputs, is_incident)) return;
    metrics.alert_to_incident.observe(telemetry::seconds(now - since));
  }

  RunOptions options;
  config::Loaded loaded;
  StateFolder folder;
  metrics::Registry registry;
  telemetry::Metrics metrics;
  telemetry::Logger logger;
  telemetry::Telemetry telemetry;
  Board board;
};

}  // namespace triaged::app

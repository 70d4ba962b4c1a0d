// Every metric of the daemon, by the name of what it counts.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/metrics/registry.hpp"
#include "rules/model/incident.hpp"
#include "rules/model/time.hpp"

namespace triaged::telemetry {

/// Thread-safe. No incident, fingerprint, path or address is ever a label. What the engine counts as a total since the
/// first input is set with raise_to(), by the core's thread, once a batch.
class Metrics {
 public:
  Metrics(metrics::Registry& registry, std::string_view version, std::string_view revision);

  // Alerts. One that is used often keeps the handle of its source.
  metrics::Family<metrics::Counter> alerts_received;  // source
  metrics::Family<metrics::Counter> alerts_rejected;  // reason: the code of a rejection
  metrics::Counter alerts_repeated;
  metrics::Gauge alerts_active;
  metrics::Family<metrics::Counter> intake_refused;  // reason: full_disk, overload

  // Sources.
  metrics::Family<metrics::Gauge> source_stalled;       // source: 1 while it sends nothing
  metrics::Family<metrics::Gauge> source_last_alert;    // source: seconds since 1970
  metrics::Family<metrics::Gauge> source_lag;           // source: bytes of a file that were not read yet
  metrics::Family<metrics::Counter> source_failures;    // source
  metrics::Family<metrics::Counter> source_lost_bytes;  // source: that were gone before they were read

  // Incidents.
  metrics::Family<metrics::Counter> incidents_opened;  // rule
  metrics::Histogram alert_to_incident;                // seconds from journalled to committed
  void set_incidents(IncidentState state, std::uint8_t priority, std::uint64_t count);

  // The log.
  metrics::Gauge input_lag;  // seconds that the oldest input not yet applied has waited
  metrics::Histogram commit;
  metrics::Counter commit_failures;
  metrics::Gauge journal_bytes;
  metrics::Gauge state_bytes;  // that the engine accounts for
  metrics::Gauge shard_stopped;
  metrics::Family<metrics::Gauge> shard_owned;        // shard: 1 while this process has it
  metrics::Family<metrics::Gauge> shard_lag;          // shard: records of its topic that it was not given yet
  metrics::Family<metrics::Gauge> shard_fetched;      // shard: of those, the records that are in this process
  metrics::Family<metrics::Gauge> shard_waiting;      // shard: bytes that it was given and has not taken
  metrics::Family<metrics::Gauge> shard_transaction;  // shard: 1 while a transaction is open
  metrics::Family<metrics::Counter> shard_aborts;     // shard: transactions that were aborted, and sent again
  metrics::Family<metrics::Gauge> source_retention;   // shard: of what its topic keeps, the part that recovery needs
  metrics::Gauge clock_difference;                    // seconds that the wall clock is ahead of log time
  metrics::Counter retention_pruned_records;

  // Snapshots.
  metrics::Gauge snapshot_last_success;  // seconds since 1970
  metrics::Gauge snapshot_bytes;
  metrics::Histogram snapshot_stall;  // seconds that the shard stood still for one
  metrics::Counter snapshot_failures;
  metrics::Counter read_model_rebuilds;

  // Configuration.
  metrics::Gauge reload_successful;
  metrics::Gauge reload_last_success;  // seconds since 1970

  // HTTP: `route` is the resource's pattern, never the path.
  metrics::Family<metrics::Counter> http_requests;  // route, code
  metrics::Family<metrics::Histogram> http_time;    // route

  // Publishers.
  metrics::Family<metrics::Gauge> publish_lag;         // file: batches
  metrics::Family<metrics::Counter> publish_failures;  // file

  // The log for people.
  metrics::Counter log_dropped;
  metrics::Counter log_suppressed;

 private:
  metrics::Family<metrics::Gauge> incidents_;  // state, priority
};

/// As Prometheus counts time.
[[nodiscard]] double seconds(std::chrono::nanoseconds duration);
[[nodiscard]] double seconds(Time time);

}  // namespace triaged::telemetry

#include "daemon/telemetry/metrics.hpp"

#include <vector>

#include <fmt/format.h>

#include "connectors/metrics/process.hpp"

namespace triaged::telemetry {
namespace {

// What a label may be that a configuration decides, and what our own code does.
constexpr std::size_t kMostOfOurs = 100;

const std::vector<double>& short_times() {
  static const std::vector<double> kBounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                              0.25,  0.5,    1,     2.5,  5,     10,   30};
  return kBounds;
}

const std::vector<double>& incident_times() {
  static const std::vector<double> kBounds = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
                                              2.5,   5,    15,    30,   60,  120,  300};
  return kBounds;
}

}  // namespace

double seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }
double seconds(Time time) { return seconds(time.time_since_epoch()); }

Metrics::Metrics(metrics::Registry& registry, std::string_view version, std::string_view revision)
    : alerts_received(registry.counters("triaged_alerts_received_total", "Alerts that were taken.", {"source"})),
      alerts_rejected(registry.counters("triaged_alerts_rejected_total", "What came in and could not be used.",
                                        {"reason"}, kMostOfOurs)),
      alerts_repeated(registry.counter("triaged_alerts_repeated_total", "Alerts that told nothing new.")),
      alerts_active(registry.gauge("triaged_alerts_active", "Alerts that fire now.")),
      intake_refused(registry.counters("triaged_intake_refused_total",
                                       "Deliveries that were answered with 503, or made a source wait.", {"reason"},
                                       kMostOfOurs)),
      source_stalled(registry.gauges("triaged_source_stalled", "1 while a source sends nothing.", {"source"})),
      source_last_alert(registry.gauges("triaged_source_last_alert_timestamp_seconds",
                                        "When a source last sent an alert, since 1970.", {"source"})),
      source_lag(registry.gauges("triaged_source_lag_bytes", "What of a file was not read yet.", {"source"})),
      source_failures(
          registry.counters("triaged_source_failures_total", "Times that a source could not be read.", {"source"})),
      source_lost_bytes(registry.counters("triaged_source_lost_bytes_total",
                                          "Of a source's file, gone before they were read.", {"source"})),
      incidents_opened(registry.counters("triaged_incidents_opened_total", "Incidents that were published.", {"rule"})),
      alert_to_incident(registry.histogram("triaged_alert_to_incident_seconds",
                                           "From an alert in the journal to its incident committed.",
                                           incident_times())),
      input_lag(registry.gauge("triaged_input_lag_seconds", "How long the oldest input not yet applied has waited.")),
      commit(registry.histogram("triaged_commit_seconds", "How long a commit of the log takes.", short_times())),
      commit_failures(registry.counter("triaged_commit_failures_total", "Commits of the log that failed.")),
      journal_bytes(registry.gauge("triaged_journal_bytes", "Size of the local log.")),
      state_bytes(registry.gauge("triaged_state_bytes", "Memory that the engine accounts for.")),
      shard_stopped(registry.gauge("triaged_shard_stopped", "1 when the shard stopped for good.")),
      shard_owned(registry.gauges("triaged_shard_owned", "1 while this process has the shard.", {"shard"})),
      shard_lag(registry.gauges("triaged_shard_lag_records", "Records of its topic that a shard was not given yet.",
                                {"shard"})),
      shard_fetched(registry.gauges("triaged_shard_fetched_records",
                                    "Of the records that a shard was not given yet, those that are in this process.",
                                    {"shard"})),
      shard_waiting(registry.gauges("triaged_shard_waiting_bytes",
                                    "Of alerts that a shard was given and has not taken yet.", {"shard"})),
      shard_transaction(
          registry.gauges("triaged_shard_transaction_open", "1 while the shard's transaction is open.", {"shard"})),
      shard_aborts(registry.counters("triaged_shard_transactions_aborted_total",
                                     "Transactions that were aborted and sent again.", {"shard"})),
      source_retention(registry.gauges("triaged_source_retention_used_ratio",
                                       "Of the alerts that their topic keeps, the part that recovery may need.",
                                       {"shard"})),
      clock_difference(
          registry.gauge("triaged_clock_difference_seconds", "How far the wall clock is ahead of log time.")),
      retention_pruned_records(
          registry.counter("triaged_retention_pruned_records_total", "Records that retention let go.")),
      snapshot_last_success(registry.gauge("triaged_snapshot_last_success_timestamp_seconds",
                                           "When the newest snapshot was written, since 1970.")),
      snapshot_bytes(registry.gauge("triaged_snapshot_bytes", "Size of the newest snapshot.")),
      snapshot_stall(registry.histogram("triaged_snapshot_stall_seconds",
                                        "How long the shard stood still for a snapshot.", short_times())),
      snapshot_failures(registry.counter("triaged_snapshot_failures_total", "Snapshots that could not be written.")),
      read_model_rebuilds(registry.counter("triaged_read_model_rebuilds_total",
                                           "Times that what the API shows was made again from the log.")),
      reload_successful(registry.gauge("triaged_config_last_reload_successful",
                                       "1 when the last configuration that was read was taken.")),
      reload_last_success(registry.gauge("triaged_config_last_reload_success_timestamp_seconds",
                                         "When a configuration was last taken, since 1970.")),
      http_requests(registry.counters("triaged_http_requests_total", "Answers to requests.", {"route", "code"})),
      http_time(registry.histograms("triaged_http_request_seconds", "From a request's first byte to its answer.",
                                    short_times(), {"route"}, kMostOfOurs)),
      publish_lag(registry.gauges("triaged_publish_lag_batches", "Batches whose documents a file does not have yet.",
                                  {"file"})),
      publish_failures(
          registry.counters("triaged_publish_failures_total", "Times that a file could not be written.", {"file"})),
      log_dropped(registry.counter("triaged_log_dropped_lines_total", "Lines that standard error did not take.")),
      log_suppressed(
          registry.counter("triaged_log_suppressed_lines_total", "Lines that were left out as too many of a kind.")),
      incidents_(
          registry.gauges("triaged_incidents", "Incidents that are not closed.", {"state", "priority"}, kMostOfOurs)) {
  registry.gauges("triaged_build_info", "1; what runs stands in the labels.", {"version", "revision"})
      .with({version, revision})
      .set(1);
  metrics::add_process_metrics(registry);
}

void Metrics::set_incidents(IncidentState state, std::uint8_t priority, std::uint64_t count) {
  incidents_.with({to_string(state), fmt::format("P{}", priority)}).set(static_cast<double>(count));
}

}  // namespace triaged::telemetry

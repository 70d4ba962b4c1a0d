#include "daemon/telemetry/events.hpp"

#include <fmt/format.h>

namespace triaged::telemetry {

// ---- the process

Line Started::line() const {
  return Line(kLevel, "started", "triaged runs")
      .add("version", version)
      .add("listen", listen)
      .add("state", state_directory);
}

Line Recovered::line() const {
  return Line(kLevel, "recovered", records == 0 && cut == 0 ? "nothing is recorded yet" : "the state is what it was")
      .add("shard", std::uint64_t{shard})
      .add("snapshot_cut", snapshot_cut)
      .add("cut", cut)
      .add("records", records)
      .add("took_ms", took);
}

Line Stopped::line() const {
  return Line(kLevel, "stopped", "triaged has stopped").add("why", why).add("took_ms", took);
}

Line ClockJumped::line() const {
  return Line(kLevel, "clock_jumped", "the wall clock is not where it should be; log time goes on by the machine's")
      .add("difference_ms", difference);
}

Line Stuck::line() const {
  return Line(kLevel, "stuck", "nothing is committed although records wait: this process ends, the next one goes on")
      .add("since_ms", since);
}

// ---- configuration

Line ConfigurationWarning::line() const {
  return Line(kLevel, "configuration_warning", "the configuration may not be meant so")
      .add("place", place)
      .add("why", why);
}

Line ReloadAccepted::line() const {
  return Line(kLevel, "reload_accepted",
              changed ? "the configuration is in force" : "rules, catalogue and engine are the same")
      .add("bundle", bundle);
}
void ReloadAccepted::count(Metrics& metrics, Time now) const {
  metrics.reload_successful.set(1);
  metrics.reload_last_success.set(seconds(now));
}

Line ReloadIncomplete::line() const {
  return Line(kLevel, "reload_incomplete", "some of the configuration differs from what is in use: restart triaged")
      .add("blocks", blocks);
}

Line ReloadRefused::line() const {
  return Line(kLevel, "reload_refused", "the configuration has faults; the old one stays in force")
      .add("faults", faults)
      .add("why", why);
}
void ReloadRefused::count(Metrics& metrics, Time /*now*/) const { metrics.reload_successful.set(0); }

// ---- sources

Line SourceOpened::line() const {
  return Line(kLevel, "source_opened", "reading").add("source", source).add("file", file).add("offset", offset);
}
void SourceOpened::count(Metrics& metrics, Time /*now*/) const { metrics.source_stalled.with({source}).set(0); }

Line SourceRotated::line() const {
  return Line(kLevel, "source_rotated", "the old file is read to its end; going on with the new one")
      .add("source", source)
      .add("file", file);
}

Line SourceTruncated::line() const {
  return Line(kLevel, "source_truncated", "the file was emptied or replaced in place; reading it from its beginning")
      .add("source", source)
      .add("file", file)
      .add("offset", offset);
}

Line SourceLost::line() const {
  return Line(kLevel, "source_lost", "the rest of a file was gone before it was read")
      .add("source", source)
      .add("file", file)
      .add("offset", offset)
      .add("bytes", bytes);
}
void SourceLost::count(Metrics& metrics, Time /*now*/) const {
  metrics.source_lost_bytes.with({source}).add(static_cast<double>(bytes));
}

Line SourceStalled::line() const {
  return Line(kLevel, "source_stalled", "the source sends nothing; its alerts do not expire")
      .add("source", source)
      .add("silent_ms", silent_for);
}
void SourceStalled::count(Metrics& metrics, Time /*now*/) const { metrics.source_stalled.with({source}).set(1); }

Line SourceResumed::line() const {
  return Line(kLevel, "source_resumed", "the source sends again").add("source", source);
}
void SourceResumed::count(Metrics& metrics, Time /*now*/) const { metrics.source_stalled.with({source}).set(0); }

Line SourceFailed::line() const {
  return Line(kLevel, "source_failed", "the source can't be read").add("source", source).add("why", why);
}
void SourceFailed::count(Metrics& metrics, Time /*now*/) const { metrics.source_failures.with({source}).add(); }

Line SourceEnded::line() const {
  return Line(kLevel, "source_ended", "the source is read to its end").add("source", source);
}

// ---- intake

Line AlertRejected::line() const {
  return Line(kLevel, "alert_rejected", "an alert could not be used")
      .add("source", source)
      .add("line", line_number)
      .add("code", code)
      .add("why", why);
}
void AlertRejected::count(Metrics& metrics, Time /*now*/) const { metrics.alerts_rejected.with({code}).add(); }

namespace {

std::string_view name_of(IntakeRefused::Reason reason) {
  switch (reason) {
    case IntakeRefused::Reason::log_failing: return "log_failing";
    case IntakeRefused::Reason::overload: return "overload";
    case IntakeRefused::Reason::stopping: return "stopping";
  }
  return "overload";
}

std::string_view name_of(ShardStopped::Reason reason) {
  switch (reason) {
    case ShardStopped::Reason::poison: return "poison";
    case ShardStopped::Reason::divergence: return "divergence";
    case ShardStopped::Reason::broken_log: return "broken_log";
  }
  return "broken_log";
}

}  // namespace

Line IntakeRefused::line() const {
  return Line(kLevel, "intake_refused", "alerts were not taken; whoever sent them must send them again")
      .add("reason", name_of(reason))
      .add("source", source);
}
void IntakeRefused::count(Metrics& metrics, Time /*now*/) const {
  metrics.intake_refused.with({name_of(reason)}).add();
}

// ---- the log

Line CommitFailed::line() const {
  return Line(kLevel, "commit_failed", "the log can't be written; it is tried again").add("why", why);
}
void CommitFailed::count(Metrics& metrics, Time /*now*/) const { metrics.commit_failures.add(); }

Line CommitRecovered::line() const {
  return Line(kLevel, "commit_recovered", "the log is written again").add("after_ms", after);
}

Line KafkaSaid::line() const {
  return Line(kLevel, "kafka", "librdkafka says").add("facility", facility).add("what", message);
}

Line TopicsCreated::line() const { return Line(kLevel, "topics_created", "topics were made").add("topics", topics); }

Line ShardsOwned::line() const {
  return Line(kLevel, "shards_owned", shards.empty() ? "no shard is ours" : "these shards are ours")
      .add("shards", shards);
}

Line RetentionClose::line() const {
  return Line(
             kLevel, "retention_close",
             "the topic of alerts keeps too little: what recovery needs is near to being deleted; let it keep more, or "
             "take snapshots more often")
      .add("shard", std::uint64_t{shard})
      .add("topic", topic)
      .add("percent", percent)
      .add("room", room);
}

Line SnapshotWritten::line() const {
  return Line(kLevel, "snapshot_written", "the state is saved")
      .add("cut", cut)
      .add("bytes", bytes)
      .add("took_ms", took)
      .add("stall_us", stall.count());
}
void SnapshotWritten::count(Metrics& metrics, Time now) const {
  metrics.snapshot_last_success.set(seconds(now));
  metrics.snapshot_bytes.set(static_cast<double>(bytes));
  metrics.snapshot_stall.observe(seconds(stall));
}

Line SnapshotFailed::line() const {
  return Line(kLevel, "snapshot_failed", "the state was not saved; the one before it still is").add("why", why);
}
void SnapshotFailed::count(Metrics& metrics, Time /*now*/) const { metrics.snapshot_failures.add(); }

Line ShardStopped::line() const {
  return Line(kLevel, "shard_stopped", "the shard stopped: nothing is correlated until someone has looked")
      .add("reason", name_of(reason))
      .add("cut", cut)
      .add("position", position)
      .add("what_to_do", what_to_do);
}
void ShardStopped::count(Metrics& metrics, Time /*now*/) const { metrics.shard_stopped.set(1); }

Line ShardResumed::line() const { return {kLevel, "shard_resumed", "the shard goes on"}; }
void ShardResumed::count(Metrics& metrics, Time /*now*/) const { metrics.shard_stopped.set(0); }

Line ReadModelBegun::line() const {
  return Line(kLevel, "read_model_begun", "what the API shows is made again from the log").add("why", why);
}
void ReadModelBegun::count(Metrics& metrics, Time /*now*/) const { metrics.read_model_rebuilds.add(); }

Line RetentionPruned::line() const {
  return Line(kLevel, "retention_pruned", "the oldest of the journal is gone")
      .add("records", records)
      .add("through", through);
}
void RetentionPruned::count(Metrics& metrics, Time /*now*/) const {
  metrics.retention_pruned_records.add(static_cast<double>(records));
}

// ---- what goes out

Line PublisherFailed::line() const {
  return Line(kLevel, "publisher_failed", "a file does not get its documents; they are kept for it")
      .add("file", file)
      .add("why", why);
}
void PublisherFailed::count(Metrics& metrics, Time /*now*/) const { metrics.publish_failures.with({file}).add(); }

Line PublisherRecovered::line() const {
  return Line(kLevel, "publisher_recovered", "a file gets its documents again").add("file", file);
}

Line ConnectionRefused::line() const {
  return Line(kLevel, "connection_refused", "a connection was not taken").add("reason", reason).add("address", address);
}

Line HttpRequest::line() const {
  return Line(kLevel, "http_request", "answered")
      .add("id", id)
      .add("method", method)
      .add("path", path)
      .add("code", code)
      .add("bytes", bytes)
      .add("took_us", took.count())
      .add("user", user)
      .add("address", address);
}
void HttpRequest::count(Metrics& metrics, Time /*now*/) const {
  metrics.http_requests.with({route, fmt::format("{}", code)}).add();
  metrics.http_time.with({route}).observe(seconds(took));
}

}  // namespace triaged::telemetry

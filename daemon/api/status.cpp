// GET /api/v1/status: how the daemon is, for people and for `triaged status`
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "connectors/wire/json_text.hpp"
#include "daemon/api/query_parameters.hpp"
#include "daemon/api/resources.hpp"

namespace triaged::api {
namespace {

void number_field(std::string& object, std::string_view name, auto number) {
  field(object, name) += fmt::format("{}", number);
}

/// Whole seconds and thousandths, as the metrics have durations.
void seconds_field(std::string& object, std::string_view name, Duration duration) {
  const auto count = duration.count();
  field(object, name) +=
      fmt::format("{}{}.{:03}", count < 0 ? "-" : "", std::abs(count) / 1000, std::abs(count) % 1000);
}

void flag_field(std::string& object, std::string_view name, bool value) {
  field(object, name) += value ? "true" : "false";
}

std::string source_json(const SourceStatus& source) {
  std::string out = "{";
  text_field(out, "name", source.name);
  text_field(out, "kind", source.kind);
  if (!source.where.empty()) text_field(out, "where", source.where);
  if (source.last_alert) time_field(out, "lastAlertAt", *source.last_alert);
  if (source.lag_bytes) number_field(out, "lagBytes", *source.lag_bytes);
  number_field(out, "received", source.received);
  number_field(out, "rejected", source.rejected);
  flag_field(out, "stalled", source.stalled);
  if (!source.fault.empty()) text_field(out, "fault", source.fault);
  return out + "}";
}

std::string publisher_json(const PublisherStatus& publisher) {
  std::string out = "{";
  text_field(out, "file", publisher.file);
  number_field(out, "lagBatches", publisher.lag_batches);
  if (!publisher.fault.empty()) text_field(out, "fault", publisher.fault);
  return out + "}";
}

std::string log_json(const StatusReport::Log& log) {
  std::string out = "{";
  text_field(out, "directory", log.directory);
  number_field(out, "lastRecord", log.last_record);
  number_field(out, "lastTaken", log.last_taken);
  number_field(out, "lastCut", log.last_cut);
  if (log.clock != Time{}) time_field(out, "clock", log.clock);
  number_field(out, "bytes", log.bytes);
  if (!log.fault.empty()) text_field(out, "fault", log.fault);
  return out + "}";
}

std::string shard_json(const ShardStatus& shard) {
  std::string out = "{";
  number_field(out, "shard", shard.shard);
  flag_field(out, "owned", shard.owned);
  number_field(out, "lastRecord", shard.last_record);
  number_field(out, "lastTaken", shard.last_taken);
  number_field(out, "lastCut", shard.last_cut);
  if (shard.clock != Time{}) time_field(out, "clock", shard.clock);
  if (shard.lag) number_field(out, "lag", *shard.lag);
  if (!shard.fault.empty()) text_field(out, "fault", shard.fault);
  return out + "}";
}

/// `shards` says how far each is, `lastCut` the same where there is only one.
std::string read_model_json(const std::vector<readmodel::ShardProgress>& progress) {
  std::string out = "{";
  if (progress.size() < 2) number_field(out, "lastCut", progress.empty() ? 0 : progress.front().cut);
  std::string shards = "[";
  for (const auto& of : progress) {
    std::string shard = "{";
    number_field(shard, "shard", of.shard);
    number_field(shard, "lastCut", of.cut);
    time_field(shard, "clock", of.clock);
    shards += (shards.size() > 1 ? "," : "") + shard + "}";
  }
  field(out, "shards") += shards + "]";
  return out + "}";
}

/// {"open":{"P1":2},"closed":{"P3":17}}
std::string incidents_json(const std::vector<readmodel::IncidentCount>& counts) {
  std::string out = "{";
  std::string of_state;
  for (std::size_t at = 0; at < counts.size(); ++at) {  // in the order of states, then of priorities
    if (of_state.empty()) of_state = "{";
    number_field(of_state, fmt::format("P{}", counts[at].priority), counts[at].incidents);
    if (at + 1 < counts.size() && counts[at + 1].state == counts[at].state) continue;
    field(out, to_string(counts[at].state)) += of_state + "}";
    of_state.clear();
  }
  return out + "}";
}

std::string texts_json(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const auto& text : texts) {
    if (out.size() > 1) out += ',';
    wire::append_string(out, text);
  }
  return out + "]";
}

http::Response show_status(const http::Request& request, readmodel::ReaderPool& readers, const StatusSource& source) {
  if (auto fault = QueryParameters(request.query).fault()) return *std::move(fault);
  const auto status = source.status();
  std::string out = "{";
  text_field(out, "version", status.version);
  time_field(out, "now", status.now);
  time_field(out, "startedAt", status.started_at);
  seconds_field(out, "uptimeSeconds", status.now - status.started_at);
  flag_field(out, "ready", status.not_ready.empty());
  field(out, "notReady") += texts_json(status.not_ready);
  std::string sources = "[";
  for (const auto& one : status.sources) sources += (sources.size() > 1 ? ",\n" : "\n") + source_json(one);
  field(out, "sources") += sources + "]";
  number_field(out, "activeAlerts", status.active_alerts);
  std::string publishers = "[";
  for (const auto& one : status.publishers) publishers += (publishers.size() > 1 ? ",\n" : "\n") + publisher_json(one);
  field(out, "publishers") += publishers + "]";
  if (!status.log.directory.empty()) field(out, "log") += log_json(status.log);
  std::string shards = "[";
  for (const auto& one : status.shards) shards += (shards.size() > 1 ? ",\n" : "\n") + shard_json(one);
  field(out, "shards") += shards + "]";
  if (status.snapshot_at) {
    time_field(out, "snapshotAt", *status.snapshot_at);
    seconds_field(out, "snapshotAgeSeconds", status.now - *status.snapshot_at);
  }
  text_field(out, "bundle", status.bundle);
  if (!status.configuration.empty()) text_field(out, "configuration", status.configuration);
  flag_field(out, "reloadFailed", status.reload_failed);
  // The status is there to be read when something is broken: it does without the read model then.
  const auto progress = readers.with([](auto& reader) { return reader.progress(); });
  const auto counts = readers.with([](auto& reader) { return reader.counts(); });
  std::string fault = "{";
  if (!progress) text_field(fault, "fault", progress.error().message);
  field(out, "readModel") += progress ? read_model_json(*progress) : fault + "}";
  if (counts) field(out, "incidents") += incidents_json(*counts);
  return http::json(200, out + "}\n");
}

}  // namespace

void add_status(http::Router& router, const Parts& parts) {
  auto question = [&status = parts.status](const http::Request& request, readmodel::ReaderPool& readers) {
    return show_status(request, readers, status);
  };
  router.add({http::Method::get, "/api/v1/status", config::Role::read, on_worker(parts, std::move(question))});
}

}  // namespace triaged::api

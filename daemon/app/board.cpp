#include "daemon/app/board.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace triaged::app {
namespace {

// A read model that is so many cuts behind shows what was true seconds ago.
constexpr std::uint64_t kFarBehind = 200;

}  // namespace

Board::Board(std::string version, std::string configuration, Time started_at, telemetry::Telemetry& telemetry)
    : telemetry_(telemetry) {
  report_.version = std::move(version);
  report_.configuration = std::move(configuration);
  report_.started_at = started_at;
}

void Board::add_source(std::string name, std::string kind, std::string where) {
  const std::lock_guard lock(mutex_);
  places_[name] = report_.sources.size();
  api::SourceStatus& source = report_.sources.emplace_back();
  source.name = std::move(name);
  source.kind = std::move(kind);
  source.where = std::move(where);
}

void Board::source_read(const std::string& name, std::uint64_t alerts, const std::vector<wire::Rejection>& rejections,
                        Time now) {
  telemetry_.metrics().alerts_received.with({name}).add(static_cast<double>(alerts));
  for (const wire::Rejection& rejection : rejections) {
    telemetry_.tell(telemetry::AlertRejected{
        .source = name, .line_number = rejection.line, .code = rejection.code, .why = rejection.reason});
  }
  const std::lock_guard lock(mutex_);
  const auto place = places_.find(name);
  if (place == places_.end()) return;
  api::SourceStatus& source = report_.sources[place->second];
  source.received += alerts;
  source.rejected += rejections.size();
  if (alerts != 0) {
    source.last_alert = now;
    telemetry_.metrics().source_last_alert.with({name}).set(telemetry::seconds(now));
  }
}

void Board::source_fault(const std::string& name, std::string fault) {
  const std::lock_guard lock(mutex_);
  if (const auto place = places_.find(name); place != places_.end()) {
    report_.sources[place->second].fault = std::move(fault);
  }
}

void Board::source_lag(const std::string& name, std::optional<std::uint64_t> bytes) {
  if (bytes) telemetry_.metrics().source_lag.with({name}).set(static_cast<double>(*bytes));
  const std::lock_guard lock(mutex_);
  if (const auto place = places_.find(name); place != places_.end()) report_.sources[place->second].lag_bytes = bytes;
}

void Board::add_publisher(const std::string& file) {
  const std::lock_guard lock(mutex_);
  report_.publishers.push_back({.file = file, .lag_batches = 0, .fault = {}});
}

api::PublisherStatus* Board::publisher(const std::string& file) {
  const auto found = std::ranges::find(report_.publishers, file, &api::PublisherStatus::file);
  return found == report_.publishers.end() ? nullptr : &*found;
}

void Board::publisher_fault(const std::string& file, std::string fault) {
  const std::lock_guard lock(mutex_);
  if (auto* const at = publisher(file)) at->fault = std::move(fault);
}

void Board::publisher_lag(const std::string& file, std::uint64_t batches) {
  const std::lock_guard lock(mutex_);
  if (auto* const at = publisher(file)) at->lag_batches = batches;
}

// Of all shards together. Handles are looked up by lock and name: twenty times a second is no matter.
void Board::measure() {
  auto& metrics = telemetry_.metrics();
  std::uint64_t repeated = 0;
  std::uint64_t active = 0;
  std::uint64_t bytes = 0;
  std::uint64_t rejected = 0;
  std::map<std::string, std::uint64_t> opened;
  for (const auto& [number, shard] : shards_) {
    repeated += shard.view.counts.repeated;
    active += shard.view.active_alerts;
    bytes += shard.view.state_bytes;
    rejected += shard.view.counts.rejected;
    for (const auto& [rule, count] : shard.view.opened) opened[rule] += count;
  }
  metrics.alerts_repeated.raise_to(static_cast<double>(repeated));
  metrics.alerts_active.set(static_cast<double>(active));
  metrics.state_bytes.set(static_cast<double>(bytes));
  metrics.alerts_rejected.with({"capacity"}).raise_to(static_cast<double>(rejected));
  report_.active_alerts = active;
  for (const IncidentState state : {IncidentState::open, IncidentState::acknowledged, IncidentState::resolved}) {
    for (std::uint8_t priority = 1; priority <= 5; ++priority) {
      std::uint64_t count = 0;
      for (const auto& [number, shard] : shards_) count += shard.view.incidents.of(state, priority);
      metrics.set_incidents(state, priority, count);
    }
  }
  for (const auto& [rule, count] : opened) metrics.incidents_opened.with({rule}).raise_to(static_cast<double>(count));
}

void Board::note_stalled(const pipeline::ShardView& view) {
  for (std::size_t i = 0; i < view.stalled_sources.size(); ++i) {
    const std::string& name = view.bundle->sources[i].name;
    const auto place = places_.find(name);
    if (place == places_.end()) continue;
    bool& stalled = report_.sources[place->second].stalled;
    if (std::exchange(stalled, view.stalled_sources[i]) == stalled) continue;
    if (stalled) {
      telemetry_.tell(telemetry::SourceStalled{.source = name, .silent_for = view.bundle->sources[i].stalled_after});
    } else {
      telemetry_.tell(telemetry::SourceResumed{.source = name});
    }
  }
}

void Board::owned(const std::vector<std::uint32_t>& shards) {
  const std::lock_guard lock(mutex_);
  auto& metrics = telemetry_.metrics();
  std::erase_if(shards_, [&](const auto& one) {
    const bool gone = std::ranges::find(shards, one.first) == shards.end();
    if (!gone) return false;
    const std::string label = std::to_string(one.first);
    metrics.shard_owned.with({label}).set(0);
    for (auto* const family :
         {&metrics.shard_lag, &metrics.shard_fetched, &metrics.shard_waiting, &metrics.shard_transaction}) {
      family->remove({label});
    }
    return true;
  });
  for (const std::uint32_t shard : shards) {
    shards_.try_emplace(shard);
    metrics.shard_owned.with({std::to_string(shard)}).set(1);
  }
  measure();
}

void Board::view(std::uint32_t number, pipeline::ShardView view, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = shards_.find(number);
  if (found == shards_.end()) return;  // it has gone meanwhile
  Shard& shard = found->second;
  note_stalled(view);
  if (view.cut.through != shard.view.cut.through) shard.moved = {};
  shard.view = std::move(view);
  shard.last_record = std::max(shard.last_record, shard.view.cut.through);
  report_.bundle = shard.view.bundle->hash;
  measure();
  Time oldest = now;  // of the clocks of shards that have not taken all
  for (const auto& [other, one] : shards_) {
    if (one.waits()) oldest = std::min(oldest, one.view.cut.clock);
  }
  telemetry_.metrics().input_lag.set(telemetry::seconds(now - oldest));
}

void Board::durable(std::uint32_t number, log::Position last) {
  const std::lock_guard lock(mutex_);
  const auto found = shards_.find(number);
  if (found == shards_.end()) return;
  Shard& shard = found->second;
  if (!shard.waits()) shard.moved = {};
  shard.last_record = last;
}

void Board::queues(std::uint32_t number, const ShardQueues& found) {
  const std::lock_guard lock(mutex_);
  const auto shard = shards_.find(number);
  if (shard == shards_.end()) return;
  auto& metrics = telemetry_.metrics();
  const std::string label = std::to_string(number);
  metrics.shard_fetched.with({label}).set(static_cast<double>(found.fetched));
  metrics.shard_waiting.with({label}).set(static_cast<double>(found.waiting_bytes));
  metrics.shard_transaction.with({label}).set(found.transaction_open ? 1 : 0);
  if (!found.lag) return;
  if (!shard->second.waits()) shard->second.moved = {};
  shard->second.lag = found.lag;
  metrics.shard_lag.with({label}).set(static_cast<double>(*found.lag));
}

void Board::log_directory(std::string directory) {
  const std::lock_guard lock(mutex_);
  report_.log.directory = std::move(directory);
}

void Board::brokers_fault(std::string fault) {
  const std::lock_guard lock(mutex_);
  brokers_fault_ = std::move(fault);
}

void Board::log_fault(std::string fault) {
  const std::lock_guard lock(mutex_);
  report_.log.fault = std::move(fault);
}

void Board::halted(std::uint32_t number, std::string why) {
  const std::lock_guard lock(mutex_);
  if (const auto found = shards_.find(number); found != shards_.end()) found->second.halted = std::move(why);
}

void Board::read_model(std::string fault, const readmodel::Progress& progress) {
  const std::lock_guard lock(mutex_);
  read_model_fault_ = std::move(fault);
  read_model_ = progress;
}

void Board::snapshot(Time at) {
  telemetry_.metrics().snapshot_last_success.set(telemetry::seconds(at));
  const std::lock_guard lock(mutex_);
  report_.snapshot_at = at;
}

void Board::log_bytes(std::uint64_t bytes) {
  telemetry_.metrics().journal_bytes.set(static_cast<double>(bytes));
  const std::lock_guard lock(mutex_);
  report_.log.bytes = bytes;
}

void Board::reloaded(bool good) {
  const std::lock_guard lock(mutex_);
  report_.reload_failed = !good;
}

std::vector<std::string> Board::reasons() const {
  std::vector<std::string> reasons;
  for (const auto& [number, shard] : shards_) {
    if (!shard.halted.empty()) reasons.push_back(fmt::format("shard {} stopped: {}", number, shard.halted));
  }
  if (!report_.log.fault.empty()) reasons.push_back("the log can't be written: " + report_.log.fault);
  if (!brokers_fault_.empty()) reasons.push_back("Kafka does not answer: " + brokers_fault_);
  if (!read_model_fault_.empty()) reasons.push_back("the read model: " + read_model_fault_);
  for (const auto& [number, shard] : shards_) {
    const std::uint64_t shown = read_model_.of(number).cut;
    if (shard.view.cut.number <= shown + kFarBehind) continue;
    reasons.push_back(
        fmt::format("the read model is {} batches behind shard {}", shard.view.cut.number - shown, number));
  }
  return reasons;
}

api::StatusReport Board::status() const {
  const std::lock_guard lock(mutex_);
  api::StatusReport report = report_;
  report.now = clock::now();
  report.not_ready = reasons();
  for (const auto& [number, shard] : shards_) {
    const log::Cut& cut = shard.view.cut;
    const std::uint64_t waiting = shard.last_record - cut.through;
    report.shards.push_back({.shard = number,
                             .owned = true,
                             .last_record = shard.last_record,
                             .last_taken = cut.through,
                             .last_cut = cut.number,
                             .clock = cut.clock,
                             .lag = shard.lag ? *shard.lag + waiting : waiting,
                             .fault = shard.halted});
  }
  for (const readmodel::ShardProgress& of : read_model_.shards) {
    if (shards_.contains(of.shard)) continue;
    report.shards.push_back({.shard = of.shard, .owned = false, .last_cut = of.cut, .clock = of.clock});
  }
  std::ranges::sort(report.shards, {}, &api::ShardStatus::shard);
  if (const auto first = shards_.find(0); first != shards_.end() && !report.log.directory.empty()) {
    const log::Cut& cut = first->second.view.cut;
    report.log.last_record = first->second.last_record;
    report.log.last_taken = cut.through;
    report.log.last_cut = cut.number;
    report.log.clock = cut.clock;
  }
  return report;
}

std::shared_ptr<const Bundle> Board::bundle() const {
  const std::lock_guard lock(mutex_);
  for (const auto& [number, shard] : shards_) {
    if (shard.view.bundle != nullptr) return shard.view.bundle;
  }
  return fallback_;
}

void Board::fallback(std::shared_ptr<const Bundle> bundle) {
  const std::lock_guard lock(mutex_);
  fallback_ = std::move(bundle);
}

std::string Board::bundle_in_force() const {
  const std::lock_guard lock(mutex_);
  std::string hash;
  for (const auto& [number, shard] : shards_) {
    if (shard.view.bundle == nullptr || (!hash.empty() && hash != shard.view.bundle->hash)) return {};
    hash = shard.view.bundle->hash;
  }
  return hash;
}

std::vector<std::string> Board::not_ready() const {
  const std::lock_guard lock(mutex_);
  return reasons();
}

std::uint64_t Board::last_cut(std::uint32_t shard) const {
  const std::lock_guard lock(mutex_);
  const auto found = shards_.find(shard);
  return found == shards_.end() ? 0 : found->second.view.cut.number;
}

Duration Board::stuck_for() const {
  const std::lock_guard lock(mutex_);
  Duration longest{0};
  for (const auto& [number, shard] : shards_) {
    if (shard.waits() && shard.halted.empty() && report_.log.fault.empty()) {
      longest = std::max(longest, shard.moved.elapsed());
    }
  }
  return longest;
}

}  // namespace triaged::app

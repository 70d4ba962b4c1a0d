#include "daemon/app/board.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace triaged::app {
namespace {

// A read model that is so many cuts behind shows what was true seconds ago.
constexpr std::uint64_t kFarBehind = 200;

}  // namespace

Board::Board(std::string version, std::string configuration, std::string directory, Time started_at,
             telemetry::Telemetry& telemetry)
    : telemetry_(telemetry) {
  report_.version = std::move(version);
  report_.configuration = std::move(configuration);
  report_.log.directory = std::move(directory);
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

// Handles are looked up by lock and name: twenty times a second is no matter.
void Board::measure(const pipeline::ShardView& view) {
  auto& metrics = telemetry_.metrics();
  metrics.alerts_repeated.raise_to(static_cast<double>(view.counts.repeated));
  metrics.alerts_active.set(static_cast<double>(view.active_alerts));
  metrics.state_bytes.set(static_cast<double>(view.state_bytes));
  metrics.alerts_rejected.with({"capacity"}).raise_to(static_cast<double>(view.counts.rejected));
  for (const IncidentState state : {IncidentState::open, IncidentState::acknowledged, IncidentState::resolved}) {
    for (std::uint8_t priority = 1; priority <= 5; ++priority) {
      metrics.set_incidents(state, priority, view.incidents.of(state, priority));
    }
  }
  for (const auto& [rule, count] : view.opened) {
    metrics.incidents_opened.with({rule}).raise_to(static_cast<double>(count));
  }
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

void Board::view(pipeline::ShardView view, Time now) {
  measure(view);
  const std::lock_guard lock(mutex_);
  note_stalled(view);
  if (view.cut.through != view_.cut.through) moved_ = {};
  view_ = std::move(view);
  report_.log.last_taken = view_.cut.through;
  report_.log.last_cut = view_.cut.number;
  report_.log.clock = view_.cut.clock;
  report_.log.last_record = std::max(report_.log.last_record, view_.cut.through);
  report_.bundle = view_.bundle->hash;
  telemetry_.metrics().input_lag.set(
      telemetry::seconds(report_.log.last_record > view_.cut.through ? now - view_.cut.clock : Duration{0}));
}

void Board::durable(log::Position last) {
  const std::lock_guard lock(mutex_);
  if (report_.log.last_record == report_.log.last_taken) moved_ = {};
  report_.log.last_record = last;
}

void Board::log_fault(std::string fault) {
  const std::lock_guard lock(mutex_);
  report_.log.fault = std::move(fault);
}

void Board::halted(std::string why) {
  const std::lock_guard lock(mutex_);
  halted_ = std::move(why);
}

void Board::read_model(std::string fault, const readmodel::Progress& progress) {
  const std::lock_guard lock(mutex_);
  read_model_fault_ = std::move(fault);
  read_model_cut_ = progress.of(0).cut;
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
  if (!halted_.empty()) reasons.push_back("the shard stopped: " + halted_);
  if (!report_.log.fault.empty()) reasons.push_back("the log can't be written: " + report_.log.fault);
  if (!read_model_fault_.empty()) reasons.push_back("the read model: " + read_model_fault_);
  if (report_.log.last_cut > read_model_cut_ + kFarBehind) {
    reasons.push_back(fmt::format("the read model is {} batches behind", report_.log.last_cut - read_model_cut_));
  }
  return reasons;
}

api::StatusReport Board::status() const {
  const std::lock_guard lock(mutex_);
  api::StatusReport report = report_;
  report.now = clock::now();
  report.active_alerts = view_.active_alerts;
  report.not_ready = reasons();
  return report;
}

std::shared_ptr<const Bundle> Board::bundle() const {
  const std::lock_guard lock(mutex_);
  return view_.bundle;
}

std::vector<std::string> Board::not_ready() const {
  const std::lock_guard lock(mutex_);
  return reasons();
}

std::uint64_t Board::last_cut() const {
  const std::lock_guard lock(mutex_);
  return report_.log.last_cut;
}

Duration Board::stuck_for() const {
  const std::lock_guard lock(mutex_);
  const bool waiting = report_.log.last_record > report_.log.last_taken;
  return waiting && halted_.empty() && report_.log.fault.empty() ? moved_.elapsed() : Duration{0};
}

}  // namespace triaged::app

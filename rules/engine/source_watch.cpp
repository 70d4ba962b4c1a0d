#include "rules/engine/source_watch.hpp"

#include <algorithm>
#include <utility>

namespace triaged {
namespace {

constexpr std::string_view kAlertName = "AlertSourceStalled";

}  // namespace

SourceWatch::SourceWatch(const Bundle& bundle, TimerQueue& timers)
    : bundle_(&bundle), timers_(&timers), watched_(bundle.sources.size()) {}

std::vector<CorrelationRule> SourceWatch::with_own_rule(const Bundle& bundle) {
  CorrelationRule own;
  own.name = "source-stalled";
  own.origin = {.file = "built in", .line = 0};
  own.by = ByLabels{.labels = {"alert_source"}};
  own.title = "No alerts from source {{ $labels.alert_source }}";
  for (const auto& [name, value] : {std::pair{"alertname", std::string(kAlertName)}, {"triaged_internal", "true"}}) {
    if (auto matcher = Matcher::make(name, MatchOp::equal, value)) own.matchers.push_back(std::move(*matcher));
  }
  std::vector<CorrelationRule> rules{std::move(own)};
  rules.insert(rules.end(), bundle.correlate.begin(), bundle.correlate.end());
  return rules;
}

std::vector<SourceIndex> SourceWatch::successors(const Bundle& next) const {
  std::vector<SourceIndex> now;
  for (const SourceSettings& source : bundle_->sources) {
    const auto at = std::ranges::find(next.sources, source.name, &SourceSettings::name);
    now.emplace_back(at == next.sources.end() ? kNoSource : static_cast<std::uint32_t>(at - next.sources.begin()));
  }
  return now;
}

void SourceWatch::rebind(const Bundle& bundle, const std::vector<SourceIndex>& successors, Time clock) {
  bundle_ = &bundle;
  std::vector<Watched> now(bundle.sources.size(), Watched{.heard = clock});
  for (std::size_t i = 0; i < successors.size(); ++i) {
    if (successors[i] != kNoSource) now[successors[i]] = watched_[i];
  }
  watched_ = std::move(now);
  if (!started_) return;
  for (std::uint32_t i = 0; i < watched_.size(); ++i) {
    const Duration limit = bundle.sources[i].stalled_after;
    if (limit == Duration{0} || watched_[i].stalled) continue;
    timers_->arm(std::max(clock, watched_[i].heard + limit), TimerKind::source_stalled, i);
  }
}

void SourceWatch::start(Time clock) {
  started_ = true;
  for (std::uint32_t i = 0; i < watched_.size(); ++i) {
    watched_[i].heard = clock;
    const Duration limit = bundle_->sources[i].stalled_after;
    if (limit > Duration{0}) timers_->arm(clock + limit, TimerKind::source_stalled, i);
  }
}

bool SourceWatch::heard(std::uint32_t source, Time clock) {
  if (source >= watched_.size()) return false;
  Watched& watched = watched_[source];
  watched.heard = clock;
  if (!watched.stalled) return false;
  watched.stalled = false;
  timers_->arm(clock + bundle_->sources[source].stalled_after, TimerKind::source_stalled, source);
  return true;
}

bool SourceWatch::on_timer(std::uint32_t source, Time clock) {
  Watched& watched = watched_[source];
  if (watched.stalled) return false;
  const Time due = watched.heard + bundle_->sources[source].stalled_after;
  if (clock < due) {
    timers_->arm(due, TimerKind::source_stalled, source);
    return false;
  }
  watched.stalled = true;
  watched.stalled_since = clock;
  return true;
}

AlertInput SourceWatch::report(std::uint32_t source, bool stalled, Time clock) {
  const SourceSettings& settings = bundle_->sources[source];
  LabelsBuilder labels;
  labels.set("alertname", kAlertName);
  labels.set("alert_source", settings.name);
  labels.set("severity", "major");
  labels.set("triaged_internal", "true");
  labels_ = labels.build();
  LabelsBuilder annotations;
  annotations.set("summary", "Source " + settings.name + " sends nothing; its alerts are kept as they were.");
  annotations_ = annotations.build();
  // A far deadline: this alert ends when the source speaks again, and not before.
  return {.labels = labels_,
          .annotations = annotations_,
          .starts_at = watched_[source].stalled_since,
          .ends_at = stalled ? kLatest : clock,
          .source = kOwnSource};
}

}  // namespace triaged

#include "rules/correlate/topology_groups.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "rules/incident/priority.hpp"

namespace triaged {
namespace {

Time round_up(Time time, Duration step) {
  const auto count = time.time_since_epoch().count();
  const auto width = step.count();
  return Time{Duration{(count + width - 1) / width * width}};
}

// What the catalogue tells of services that are alike: same tier, same region.
std::vector<std::uint32_t> kinds_of(const Catalogue& catalogue) {
  std::map<std::pair<std::string, std::string>, std::uint32_t> known;
  std::vector<std::uint32_t> kinds;
  for (const Service& service : catalogue.services) {
    const auto fresh = static_cast<std::uint32_t>(known.size());
    kinds.push_back(known.try_emplace({service.tier, service.region}, fresh).first->second);
  }
  return kinds;
}

TopologyParameters parameters_of(const CorrelationRule& rule) {
  return {.hops = std::get<ByTopology>(rule.by).hops, .timespan = rule.timespan};
}

Duration horizon_of(const CorrelationRule& rule) {
  return std::max<Duration>(std::chrono::seconds(60), rule.timespan / 2);
}

// Solving is batched: a hold leaves time for it. (What must not wait asks for a solve at once.)
Duration solve_step(Duration hold) { return std::clamp(hold / 12, Duration{100}, Duration{5000}); }

}  // namespace

TopologyGroups::TopologyGroups(const CorrelationRule& rule, std::uint32_t index, const Bundle& bundle,
                               const ServiceGraph& graph, AlertTable& alerts, IncidentTable& incidents,
                               TimerQueue& timers)
    : rule_(&rule),
      index_(index),
      settings_(&bundle.settings),
      catalogue_(&bundle.catalogue),
      graph_(&graph),
      alerts_(&alerts),
      incidents_(&incidents),
      timers_(&timers),
      parameters_(parameters_of(rule)),
      solver_(graph, kinds_of(bundle.catalogue), parameters_),
      horizon_(horizon_of(rule)) {}

std::vector<EpisodeId> TopologyGroups::rebind(const CorrelationRule& rule, std::uint32_t index, const Bundle& bundle,
                                              bool changed, Time clock) {
  rule_ = &rule;
  index_ = index;
  settings_ = &bundle.settings;
  catalogue_ = &bundle.catalogue;
  changed = std::exchange(parameters_, parameters_of(rule)) != parameters_ || changed;
  solver_ = TopologySolver(*graph_, kinds_of(bundle.catalogue), parameters_);
  horizon_ = horizon_of(rule);
  std::vector<EpisodeId> loose;
  std::erase_if(window_, [&](const Entry& entry) {
    Episode& episode = alerts_->episode(entry.episode);
    const IncidentId hidden =
        ours(episode) && !incidents_->row(episode.incident).published_once() ? episode.incident : kNoIncident;
    if (graph_->connected(entry.service) || (hidden == kNoIncident && !undecided(entry))) return false;
    if (hidden != kNoIncident) {
      incidents_->detach(entry.episode, clock);
      incidents_->settle_empty(hidden, kNoIncident, clock);
      episode.reason = alerts_->symbols().id("rule " + rule_->name + ": nothing to join yet");
    }
    --episode.pins;
    loose.push_back(entry.episode);
    return true;
  });
  if (!changed || window_.empty()) return loose;
  for (Entry& entry : window_) entry.fresh = entry.fresh || entry.fixed == 0;
  request_solve(round_up(clock + Duration{1}, solve_step(rule_->hold)));
  return loose;
}

std::vector<EpisodeId> TopologyGroups::retire(Time clock) {
  std::vector<EpisodeId> loose;
  for (const Entry& entry : std::exchange(window_, {})) {
    --alerts_->episode(entry.episode).pins;
    if (undecided(entry)) {
      loose.push_back(entry.episode);
    } else {
      alerts_->release(entry.episode, clock);
    }
  }
  return loose;
}

bool TopologyGroups::undecided(const Entry& entry) const {
  return alerts_->episode(entry.episode).incident == kNoIncident && !entry.handed_on && !entry.placed;
}

bool TopologyGroups::take(EpisodeId id, Time clock, std::string& reason) {
  Episode& episode = alerts_->episode(id);
  const Alert& alert = alerts_->alert_of(id);
  if (alert.service == kNoService) {
    reason = "rule " + rule_->name + ": the alert names no service";
    return false;
  }
  if (!graph_->connected(alert.service)) {
    reason = "rule " + rule_->name + ": the catalogue knows no dependency of service " +
             alerts_->services().name(alert.service);
    return false;
  }
  if (onset(episode) + rule_->timespan < frozen_) {
    reason = "rule " + rule_->name + ": it began too long ago for its neighbours to be known";
    return false;
  }
  insert(id);
  // What is worst is not held back.
  const std::string& tier = catalogue_->services[triaged::index(alert.service)].tier;
  const bool worst = priority_of(impact_of_tier(tier), urgency_of(episode.severity)) == 1;
  request_solve(worst || rule_->hold == Duration{0} ? clock : round_up(clock + Duration{1}, solve_step(rule_->hold)));
  if (rule_->hold > Duration{0}) request_solve(round_up(clock + rule_->hold, solve_step(rule_->hold)));
  arm_freeze(clock);
  return true;
}

void TopologyGroups::insert(EpisodeId id) {
  Episode& episode = alerts_->episode(id);
  ++episode.pins;
  insert({.episode = id, .start = onset(episode), .service = alerts_->alert_of(id).service, .opens = may_open(id)});
}

void TopologyGroups::insert(const Entry& entry) {
  const auto before = [&](const Entry& a, const Entry& b) {
    if (a.start != b.start) return a.start < b.start;
    return alerts_->rule_labels(a.episode).bytes() < alerts_->rule_labels(b.episode).bytes();
  };
  window_.insert(std::ranges::upper_bound(window_, entry, before), entry);
}

bool TopologyGroups::may_open(EpisodeId id) const {
  return matches_all(rule_->opening_matchers, alerts_->rule_labels(id));
}

bool TopologyGroups::escalate(EpisodeId id, Time clock) {
  Episode& episode = alerts_->episode(id);
  const auto found = std::ranges::find(window_, id, &Entry::episode);
  if (found == window_.end() || found->fixed != 0 || !graph_->connected(found->service)) {
    if (ours(episode)) {
      episode.opens = may_open(id);
      if (found != window_.end()) found->opens = episode.opens;
      if (Fault* known = found == window_.end() ? nullptr : fault(found->fixed); known != nullptr && episode.opens) {
        known->opened = true;
      }
      return true;
    }
    if (found != window_.end() && episode.incident == kNoIncident) {
      window_.erase(found);
      --episode.pins;
    }
    return false;
  }
  // Whether it joins something as what it was is known when that is settled, and only then is it told apart from what
  // it has become: else the outcome would depend on which of the two came first.
  if (onset(episode) != episode.start) return true;
  found->opens = may_open(id);
  if (ours(episode)) episode.opens = found->opens;
  found->fresh = true;
  found->handed_on = false;
  request_solve(round_up(clock + Duration{1}, solve_step(rule_->hold)));
  return true;
}

void TopologyGroups::amend(EpisodeId id, Time clock) {
  const auto found = std::ranges::find(window_, id, &Entry::episode);
  if (found == window_.end() || found->fixed != 0 || found->start == onset(alerts_->episode(id))) return;
  Entry entry = *found;
  window_.erase(found);
  entry.start = alerts_->episode(id).start;
  entry.fresh = true;
  insert(entry);
  request_solve(round_up(clock + Duration{1}, solve_step(rule_->hold)));
}

void TopologyGroups::absorb(EpisodeId id, EpisodeId into) {
  const auto found = std::ranges::find(window_, id, &Entry::episode);
  if (found == window_.end()) return;
  --alerts_->episode(id).pins;
  if (std::ranges::find(window_, into, &Entry::episode) != window_.end()) {
    window_.erase(found);
  } else {
    found->episode = into;
    found->fresh = true;
    ++alerts_->episode(into).pins;
  }
}

void TopologyGroups::request_solve(Time due) {
  const auto at = std::ranges::lower_bound(solves_, due);
  if (at != solves_.end() && *at == due) return;
  solves_.insert(at, due);
  timers_->arm(due, TimerKind::solve, index_);
}

void TopologyGroups::arm_freeze(Time clock) {
  if (freeze_armed_ || window_.empty()) return;
  freeze_armed_ = true;
  // No step is left out, though nothing may stand before it yet: what is to be settled by it may come late.
  const Duration wait = horizon_ + settings_->allowed_lateness;
  timers_->arm(round_up(clock - wait + Duration{1}, kFreezeStep) + wait, TimerKind::freeze, index_);
}

std::vector<std::uint32_t> TopologyGroups::near_fresh() {
  near_.clear(graph_->size());
  for (const Entry& entry : window_) {
    if (entry.fresh && graph_->connected(entry.service)) near_.add(*graph_, entry.service);
  }
  // Faults are taken whole or not at all.
  std::vector<IncidentId> touched;
  std::vector<std::uint64_t> faults;
  const auto incident_of = [&](const Entry& entry) {
    const IncidentId id = alerts_->episode(entry.episode).incident;
    return ours(alerts_->episode(entry.episode)) ? id : kNoIncident;
  };
  for (const Entry& entry : window_) {
    if (!near_.has(entry.service)) continue;
    touched.push_back(incident_of(entry));
    faults.push_back(entry.fixed);
  }
  std::ranges::sort(touched);
  std::ranges::sort(faults);
  std::vector<std::uint32_t> entries;
  for (std::uint32_t i = 0; i < window_.size(); ++i) {
    const Entry& entry = window_[i];
    const IncidentId id = incident_of(entry);
    if (over(entry)) continue;
    if (near_.has(entry.service) || (id != kNoIncident && std::ranges::binary_search(touched, id)) ||
        (entry.fixed != 0 && std::ranges::binary_search(faults, entry.fixed))) {
      entries.push_back(i);
    }
  }
  return entries;
}

std::vector<std::uint32_t> TopologyGroups::started_until(Time until) const {
  std::vector<std::uint32_t> entries;
  for (std::uint32_t i = 0; i < window_.size() && window_[i].start <= until; ++i) {
    if (!over(window_[i])) entries.push_back(i);
  }
  return entries;
}

std::vector<Explanation> TopologyGroups::explain(const std::vector<std::uint32_t>& entries, Time now,
                                                 const std::vector<KnownChange>& changes) {
  std::vector<Onset> onsets;
  onsets.reserve(entries.size());
  for (const std::uint32_t i : entries) {
    const Entry& entry = window_[i];
    const Alert& alert = alerts_->alert_of(entry.episode);
    onsets.push_back({.id = i,
                      .service = entry.service,
                      .start = entry.start,
                      .name = alert.name,
                      .instance = alert.instance,
                      .severity = alerts_->severity_until(entry.episode, now),
                      .earlier = habits_.earlier(entry.service, alert.name, alert.instance),
                      .fixed = entry.fixed});
  }
  std::vector<FixedFault> fixed;
  for (const Fault& fault : faults_) {
    if (graph_->connected(fault.fixed.root)) fixed.push_back(fault.fixed);
  }
  std::vector<SuspectChange> suspects;
  for (const KnownChange& known : changes) {
    if (known.change.at <= now) suspects.push_back(known.change);
  }
  std::vector<Explanation> explanations = solver_.explain(
      {.onsets = onsets, .fixed = fixed, .changes = suspects, .now = now, .history = habits_.history(frozen_)});
  join_returns(explanations);
  return explanations;
}

void TopologyGroups::on_solve(Time clock, const std::vector<KnownChange>& changes, const Alone& alone) {
  std::erase_if(solves_, [&](Time due) { return due <= clock; });
  if (std::ranges::any_of(window_, &Entry::fresh)) {
    const std::vector<Explanation> explanations = explain(near_fresh(), clock, changes);
    for (Entry& entry : window_) entry.fresh = false;
    apply(explanations, clock, changes, true, alone);
  }
  for (Entry& entry : window_) {
    if (entry.lone && !entry.handed_on) hand_on(entry, clock, true, alone);
  }
}

void TopologyGroups::finish(Time clock, const std::vector<KnownChange>& changes, const Alone& alone) {
  if (window_.empty()) return;
  std::vector<EpisodeId> open;
  for (const Entry& entry : window_) {
    if (entry.fixed == 0) open.push_back(entry.episode);
  }
  for (const EpisodeId id : admit_worse(open)) insert(id);
  apply(explain(started_until(kNever), clock, changes), clock, changes, false, alone);
}

void TopologyGroups::on_freeze(Time clock, const std::vector<KnownChange>& changes, const Alone& alone,
                               const Anew& anew) {
  freeze_armed_ = false;
  const Time due = clock - settings_->allowed_lateness - horizon_;
  const Time until = round_up(due + Duration{1}, kFreezeStep) - kFreezeStep;
  if (until > frozen_) {
    const std::vector<Explanation> explanations = explain(started_until(until + horizon_), until + horizon_, changes);
    apply(explanations, clock, changes, true, alone);
    const std::vector<EpisodeId> worse = admit_worse(settle(until, explanations));
    frozen_ = until;
    const auto reachable =
        std::ranges::find_if(window_, [&](const Entry& e) { return e.start + rule_->timespan >= until; });
    for (auto entry = window_.begin(); entry != reachable; ++entry) {
      // It leaves before its hold is over.
      if (entry->lone && !entry->handed_on) hand_on(*entry, clock, false, alone);
    }
    const std::vector<Entry> gone(window_.begin(), reachable);
    window_.erase(window_.begin(), reachable);
    for (const Entry& entry : gone) {
      --alerts_->episode(entry.episode).pins;
      alerts_->release(entry.episode, clock);
    }
    std::erase_if(faults_, [&](const Fault& f) {
      return std::ranges::find(window_, f.fixed.fault, &Entry::fixed) == window_.end();
    });
    for (const EpisodeId id : worse) anew(id);
  }
  arm_freeze(clock);
}

}  // namespace triaged

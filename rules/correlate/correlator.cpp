#include "rules/correlate/correlator.hpp"

#include <algorithm>

namespace triaged {
namespace {

// Longer than the ten minutes within which a change is suspected, and lateness.
constexpr Duration kChangesKept = std::chrono::hours(1);

}  // namespace

Correlator::Correlator(const Bundle& bundle, const RuleList& rules, AlertTable& alerts, IncidentTable& incidents,
                       SuppressionTable& suppressions, TimerQueue& timers)
    : bundle_(&bundle),
      rules_(&rules),
      alerts_(&alerts),
      incidents_(&incidents),
      suppressions_(&suppressions),
      timers_(&timers),
      returns_within_(returns_within(bundle.settings)),
      graph_(bundle.catalogue) {
  for (std::uint32_t i = 0; i < rules.size(); ++i) groups_.push_back(new_groups(i));
}

Correlator::Groups Correlator::new_groups(std::uint32_t rule) {
  Groups groups;
  if (std::holds_alternative<ByLabels>((*rules_)[rule].by)) {
    groups.labels = std::make_unique<LabelGroups>((*rules_)[rule], rule, bundle_->settings, *alerts_, *incidents_);
  } else if (!rules_->retired(rule)) {
    groups.topology =
        std::make_unique<TopologyGroups>((*rules_)[rule], rule, *bundle_, graph_, *alerts_, *incidents_, *timers_);
  }
  return groups;
}

void Correlator::on_change(const AlertChange& change, Time clock) {
  follow(change, clock);
  place_left_behind(clock);
}

bool Correlator::undecided(EpisodeId id) const {
  return std::ranges::any_of(groups_,
                             [&](const Groups& groups) { return groups.topology && groups.topology->weighs(id); });
}

void Correlator::follow(const AlertChange& change, Time clock) {
  const EpisodeId episode = change.episode;
  switch (change.kind) {
    case AlertChange::Kind::started: begin(episode, clock); break;
    case AlertChange::Kind::escalated: escalate(episode, clock); break;
    case AlertChange::Kind::amended:
      for (Groups& groups : groups_) {
        if (groups.topology) groups.topology->amend(episode, clock);
      }
      stretch(episode, clock);
      incidents_->touch(episode);
      break;
    case AlertChange::Kind::instance:
      if (Episode& row = alerts_->episode(episode); row.incident == kNoIncident) {
        if (begin_again(change, clock)) break;
        if (row.closed && row.reason == 0 && !undecided(episode)) {
          row.reason = alerts_->symbols().id("its incident was closed before this came");
        }
        if (row.reason != 0) unplaced_.push_back(episode);
      }
      incidents_->touch(episode);
      // What is over may turn out to have ended later.
      if (alerts_->episode(episode).closed) incidents_->show(episode);
      break;
    case AlertChange::Kind::ended:
      // An end is not believed before the flap hold is over; after it, this is the true end of what was thought to be
      // over.
      if (alerts_->episode(episode).closed) incidents_->show(episode);
      break;
    case AlertChange::Kind::flapping: incidents_->show(episode); break;
    case AlertChange::Kind::closed:
      incidents_->on_episode_closed(episode, clock);
      alerts_->release(episode, clock);
      break;
    case AlertChange::Kind::resumed:
      if (const Episode& row = alerts_->episode(episode); row.incident == kNoIncident && row.reason == 0 &&
                                                          row.suppressed_by == kNoSuppression && !undecided(episode)) {
        place_anew(episode, clock);  // its incident was closed
        break;
      }
      incidents_->on_episode_resumed(episode);
      stretch(episode, clock);
      break;
    case AlertChange::Kind::absorbed: absorb(episode, change.other, clock); break;
    case AlertChange::Kind::dropped:
    case AlertChange::Kind::unseen: break;
  }
}

void Correlator::escalate(EpisodeId id, Time clock) {
  bool waits = false;
  for (Groups& groups : groups_) {
    if (groups.topology && groups.topology->escalate(id, clock)) waits = true;
  }
  Episode& episode = alerts_->episode(id);
  if (episode.incident == kNoIncident) {
    // What was put aside comes back with the instance that says that it is worse, if that fires.
    if (!waits && episode.aside == Episode::Aside::no) place_anew(id, clock);
    return;
  }
  const std::uint32_t rule = incidents_->row(episode.incident).rule;
  if (groups_[rule].labels && !rules_->retired(rule))
    episode.opens = matches_all((*rules_)[rule].opening_matchers, alerts_->rule_labels(id));
  incidents_->touch(id);
}

void Correlator::place_anew(EpisodeId id, Time clock) {
  for (Groups& groups : groups_) {
    if (groups.labels) groups.labels->forget(id);
  }
  begin(id, clock);
}

void Correlator::place(EpisodeId id, std::size_t from, std::string reason, Time clock) {
  for (std::size_t i = from; i < rules_->active(); ++i) {
    if (!matches_all((*rules_)[i].matchers, alerts_->rule_labels(id))) continue;
    const bool taken =
        groups_[i].labels ? groups_[i].labels->place(id, clock, reason) : groups_[i].topology->take(id, clock, reason);
    if (taken) return;
  }
  if (reason.empty()) reason = "no correlation rule matches";
  Episode& episode = alerts_->episode(id);
  if (episode.incident != kNoIncident) return;
  episode.reason = alerts_->symbols().id(reason);
  unplaced_.push_back(id);
}

void Correlator::stretch(EpisodeId episode, Time clock) {
  const IncidentId id = alerts_->episode(episode).incident;
  if (id == kNoIncident) return;
  if (Groups& groups = groups_[incidents_->row(id).rule]; groups.labels) groups.labels->stretch(episode, clock);
}

void Correlator::absorb(EpisodeId into, EpisodeId from, Time clock) {
  const IncidentId left = alerts_->episode(from).incident;
  const IncidentId home = alerts_->episode(into).incident;
  if (left != kNoIncident) {
    incidents_->detach(from, clock, into);
    const bool put = alerts_->episode(from).put_by_hand && !alerts_->episode(into).put_by_hand;
    if (home == kNoIncident || put) incidents_->attach(into, left, clock);
    if (put) {
      alerts_->episode(into).put_by_hand = true;
      for (Groups& groups : groups_) {
        if (groups.topology) groups.topology->drop(into, clock);
      }
    }
    incidents_->settle_empty(left, home, clock);
    incidents_->touch(into);
  }
  for (Groups& groups : groups_) {
    if (groups.labels) groups.labels->forget(from);
    if (groups.topology) groups.topology->absorb(from, into);
  }
  std::erase(unplaced_, from);
  alerts_->remove_absorbed(from);
  stretch(into, clock);
}

void Correlator::place_left_behind(Time clock) {
  for (const IncidentId id : incidents_->take_unfounded()) {
    if (!incidents_->has(id)) continue;
    const IncidentRow& row = incidents_->row(id);
    if (row.summary.opened || row.hand().put) continue;
    for (const EpisodeId member : std::vector(row.members)) {
      const std::uint32_t rule = row.rule;
      if (groups_[rule].topology && groups_[rule].topology->weighs(member)) continue;
      incidents_->detach(member, clock);
      place(member, rules_->retired(rule) ? 0 : rule, {}, clock);
    }
    incidents_->settle_empty(id, kNoIncident, clock);
  }
}

void Correlator::on_service_change(const ChangeInput& input, Time clock) {
  const ServiceId service = alerts_->service_id(input.service);
  const KnownChange known{.change = {.service = service, .at = input.implemented_at},
                          .id = alerts_->symbols().id(input.id)};
  const auto at =
      std::ranges::upper_bound(changes_, input.implemented_at, {}, [](const KnownChange& k) { return k.change.at; });
  changes_.insert(at, known);
  std::erase_if(changes_, [&](const KnownChange& k) { return k.change.at + kChangesKept < clock; });
}

void Correlator::on_solve(std::uint32_t rule, Time clock) {
  groups_[rule].topology->on_solve(
      clock, changes_, [&](EpisodeId id, std::string reason) { place(id, rule + 1, std::move(reason), clock); });
  place_left_behind(clock);
}

void Correlator::on_freeze(std::uint32_t rule, Time clock) {
  groups_[rule].topology->on_freeze(
      clock, changes_, [&](EpisodeId id, std::string reason) { place(id, rule + 1, std::move(reason), clock); },
      [&](EpisodeId id) { place_anew(id, clock); });
  place_left_behind(clock);
}

void Correlator::on_hold(IncidentId id, Time clock) {
  if (!incidents_->has(id)) return;
  const std::uint32_t rule = incidents_->row(id).rule;
  if (groups_[rule].labels) {
    if (const EpisodeId alone = groups_[rule].labels->alone_after_hold(id, clock); alone != kNoEpisode) {
      incidents_->detach(alone, clock);
      incidents_->settle_empty(id, kNoIncident, clock);
      place(alone, rule + 1, "rule " + (*rules_)[rule].name + ": nothing to join", clock);
      place_left_behind(clock);
      return;
    }
  }
  incidents_->on_hold(id, clock);
  place_left_behind(clock);
}

void Correlator::on_gone(const IncidentRow& row, IncidentId id) {
  leave_groups(row, id);
  if (row.state != IncidentState::merged || row.hand().also.empty() || !incidents_->has(row.merged_into)) return;
  if (incidents_->row(row.merged_into).sequence == row.merged_into_sequence) take_over_groups(row, row.merged_into);
}

void Correlator::finish(Time clock) {
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (!groups_[i].topology) continue;
    groups_[i].topology->finish(clock, changes_,
                                [&](EpisodeId id, std::string reason) { place(id, i + 1, std::move(reason), clock); });
  }
  place_left_behind(clock);
}

std::uint64_t Correlator::bytes() const {
  std::uint64_t sum = 0;
  for (const Groups& groups : groups_) sum += groups.topology ? groups.topology->habits().bytes() : 0;
  return sum;
}

void Correlator::fade_habits(Time clock) {
  for (Groups& groups : groups_) {
    if (groups.topology) groups.topology->habits().fade(clock);
  }
}

}  // namespace triaged

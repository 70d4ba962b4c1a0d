// What people say belongs together, and what they silence, comes before what rules say.
#include <algorithm>
#include <utility>

#include "rules/correlate/correlator.hpp"

namespace triaged {

void Correlator::begin(EpisodeId id, Time clock) {
  if (suppressed(id)) return;
  Episode& episode = alerts_->episode(id);
  if (episode.aside != Episode::Aside::no) tell_again(id);
  episode.aside = Episode::Aside::no;
  if (!return_home(id, clock)) place(id, 0, {}, clock);
}

bool Correlator::suppressed(EpisodeId id) {
  Episode& episode = alerts_->episode(id);
  const SuppressionId before = std::exchange(episode.suppressed_by, kNoSuppression);
  if (!suppressions_->any_active() || alerts_->variant(episode.worst).source == kOwnSource) return false;
  const SuppressionId by = suppressions_->match(alerts_->rule_labels(id));
  if (by == kNoSuppression) return false;
  episode.suppressed_by = by;
  episode.reason = 0;
  unplaced_.push_back(id);
  if (by == before) return true;
  suppressions_->hold(by, id,
                      [&](EpisodeId held) { return alerts_->has(held) && alerts_->episode(held).suppressed_by == by; });
  tell_again(id);
  return true;
}

void Correlator::tell_again(EpisodeId id) {
  alerts_->for_each_instance(id, [](VariantId, Instance& instance) {
    if (instance.announced == Instance::kInNone) instance.announced = Instance::kTellAgain;
  });
}

bool Correlator::return_home(EpisodeId id, Time clock) {
  const Time start = alerts_->episode(id).start;
  for (const EpisodeId other : alerts_->alert_of(id).episodes) {
    const Episode& before = alerts_->episode(other);
    if (other == id || before.start > start) break;
    if (!before.put_by_hand || before.incident == kNoIncident || before.end == kNever) continue;
    const IncidentState state = incidents_->row(before.incident).state;
    if (state == IncidentState::closed || state == IncidentState::merged) continue;
    if (before.end + returns_within_ < start) continue;
    alerts_->episode(id).put_by_hand = true;
    incidents_->attach(id, before.incident, clock);
    return true;
  }
  return false;
}

bool Correlator::begin_again(const AlertChange& change, Time clock) {
  const Episode& episode = alerts_->episode(change.episode);
  const bool waits = episode.suppressed_by != kNoSuppression;
  if (!waits && episode.aside == Episode::Aside::no) return false;
  // What a person closed comes back where it fires anew; what was suppressed, where it fires at all.
  const bool by_hand = episode.aside == Episode::Aside::closed_by_hand;
  if (!waits && !alerts_->fires(change.variant, change.start, !by_hand)) return false;
  begin(change.episode, clock);
  return true;
}

void Correlator::take_back_suppressed(Time clock) {
  std::vector<EpisodeId> let_go;
  for (const auto& [suppression, id] : suppressions_->take_let_go()) {
    if (!alerts_->has(id) || alerts_->episode(id).suppressed_by != suppression) continue;
    alerts_->episode(id).suppressed_by = kNoSuppression;
    let_go.push_back(id);
  }
  // As they began, not as they came.
  std::ranges::sort(let_go, [&](EpisodeId a, EpisodeId b) {
    const Time x = alerts_->episode(a).start;
    const Time y = alerts_->episode(b).start;
    if (x != y) return x < y;
    const auto labels = [&](EpisodeId id) { return alerts_->variant(alerts_->episode(id).worst).labels.bytes(); };
    return labels(a) < labels(b);
  });
  for (const EpisodeId id : let_go) {
    Episode& episode = alerts_->episode(id);
    if (episode.firing > 0) {
      episode.arrived = clock;
      tell_again(id);
      begin(id, clock);
    } else {
      episode.aside = Episode::Aside::was_suppressed;
      episode.reason = alerts_->symbols().id("it was silenced, or in a maintenance window, while it fired");
    }
  }
  place_left_behind(clock);
}

void Correlator::close(IncidentId id, Time clock) {
  const std::vector<EpisodeId> untold = incidents_->row(id).unannounced;
  for (Groups& groups : groups_) {
    if (groups.topology) groups.topology->hand_over(id, kNoIncident);
  }
  for (const EpisodeId member : incidents_->close(id, clock)) {
    for (Groups& groups : groups_) {
      if (groups.labels) groups.labels->forget(member);
      if (groups.topology) groups.topology->drop(member, clock);
    }
    // What is over needs no word, where its incident was told of.
    const bool over = alerts_->episode(member).closed;
    if (over) alerts_->release(member, clock);
    if (!over || std::ranges::find(untold, member) != untold.end()) unplaced_.push_back(member);
  }
}

void Correlator::merge(IncidentId from, IncidentId into, const std::string& actor, Time clock) {
  take_over_groups(incidents_->row(from), into);
  for (Groups& groups : groups_) {
    if (!groups.topology) continue;
    groups.topology->settle_by_hand(from, false);
    groups.topology->settle_by_hand(into, false);
    groups.topology->hand_over(from, into);
  }
  incidents_->merge_by_hand(from, into, actor, clock);
  for (const EpisodeId member : incidents_->row(into).members) {
    for (Groups& groups : groups_) {
      if (groups.labels) groups.labels->forget(member);
    }
  }
  place_left_behind(clock);
}

IncidentId Correlator::split(IncidentId from, const std::vector<EpisodeId>& members, const std::string& actor,
                             Time clock) {
  const IncidentId fresh = incidents_->split(from, members, actor, clock);
  for (Groups& groups : groups_) {
    if (groups.topology) {
      groups.topology->settle_by_hand(fresh, true);
      groups.topology->settle_by_hand(from, false);
    }
    if (!groups.labels) continue;
    for (const EpisodeId member : incidents_->row(fresh).members) groups.labels->forget(member);
    for (const EpisodeId member : incidents_->row(from).members) groups.labels->forget(member);
  }
  place_left_behind(clock);
  return fresh;
}

void Correlator::leave_groups(const IncidentRow& row, IncidentId id) {
  if (groups_[row.rule].labels) groups_[row.rule].labels->leave(row.group, id);
  for (const GroupKey& also : row.hand().also) groups_[also.rule].labels->leave(also.group, id);
}

void Correlator::take_over_groups(const IncidentRow& from, IncidentId into) {
  std::vector<GroupKey> keys = from.hand().also;
  if (groups_[from.rule].labels && !from.hand().apart) keys.push_back({from.rule, from.group});
  for (GroupKey& key : keys) {
    groups_[key.rule].labels->take_over(key.group, into);
    const std::vector<GroupKey>& also = incidents_->row(into).hand().also;
    if (std::ranges::find(also, key) == also.end()) incidents_->take_over(into, std::move(key));
  }
}

}  // namespace triaged

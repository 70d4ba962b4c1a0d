#include "rules/correlate/label_groups.hpp"

#include <algorithm>
#include <utility>

namespace triaged {
namespace {

// So long may a topology rule before this one look at an alert before it gives it up.
constexpr Duration kGivenUpWithin = std::chrono::minutes(10);

// Equal to end + gap >= start, without overflow where an end is not known.
bool reaches(Time end, Duration gap, Time start) { return end == kNever || end + gap >= start; }

}  // namespace

LabelGroups::LabelGroups(const CorrelationRule& rule, std::uint32_t index, const EngineSettings& settings,
                         AlertTable& alerts, IncidentTable& incidents)
    : rule_(&rule), index_(index), settings_(&settings), alerts_(&alerts), incidents_(&incidents) {}

void LabelGroups::rebind(const CorrelationRule& rule, std::uint32_t index, const EngineSettings& settings) {
  rule_ = &rule;
  index_ = index;
  settings_ = &settings;
}

void LabelGroups::retire(Time clock) {
  for (const Joiner& joiner : std::exchange(joiners_, {})) {
    --alerts_->episode(joiner.episode).pins;
    alerts_->release(joiner.episode, clock);
  }
}

bool LabelGroups::key_of(EpisodeId episode, std::string& key, std::string& reason) const {
  const auto& by = std::get<ByLabels>(rule_->by);
  const LabelsView labels = alerts_->rule_labels(episode);
  for (const std::string& name : by.labels) {
    const std::string_view value = labels.get(name);
    if (value.empty() && by.missing == ByLabels::Missing::skip) {
      reason = "rule " + rule_->name + ": label " + name + " is missing";
      return false;
    }
    key.append(value).push_back('\xFF');
  }
  return true;
}

bool LabelGroups::joins(const Episode& episode, const IncidentRow& row) const {
  if (row.state == IncidentState::closed || row.state == IncidentState::merged || row.members.empty()) return false;
  if (std::get<ByLabels>(rule_->by).join == ByLabels::Join::timespan) {
    return reaches(row.summary.last_start, rule_->timespan, episode.start) &&
           reaches(episode.start, rule_->timespan, row.summary.first_start);
  }
  const Duration gap = std::max(settings_->flap_hold, settings_->reopen_within);
  const Time row_end = row.active > 0 || row.hand().kept_open ? kNever : incidents_->end_of(row);
  return reaches(row_end, gap, episode.start) && reaches(episode.end, gap, row.summary.first_start);
}

LabelGroups::Incidents LabelGroups::joinable(std::string_view key, EpisodeId episode) const {
  Incidents found;
  const auto group = groups_.find(key);
  if (group == groups_.end()) return found;
  for (const IncidentId id : group->second) {
    if (joins(alerts_->episode(episode), incidents_->row(id))) found.push_back(id);
  }
  return found;
}

bool LabelGroups::place(EpisodeId id, Time clock, std::string& reason) {
  std::string key;
  if (!key_of(id, key, reason)) return false;
  Episode& episode = alerts_->episode(id);
  const LabelsView labels = alerts_->rule_labels(id);
  const Matcher* const refused = first_failing(rule_->opening_matchers, labels);
  episode.opens = refused == nullptr;
  const Incidents found = joinable(key, id);
  if (!found.empty()) {
    incidents_->attach(id, found.front(), clock);
    stretch(id, clock);
    return true;
  }
  drop_old_joiners(clock);
  if (!episode.opens) {
    reason = "rule " + rule_->name + ": " + refused->text() +
             " does not hold, so it opens no incident, and there is none that it could join";
    wait(std::move(key), id, clock + 2 * settings_->allowed_lateness + kGivenUpWithin, false);
    return false;
  }
  const bool alone_goes_on = rule_->otherwise == CorrelationRule::Otherwise::next;
  const bool company = std::ranges::any_of(joiners_, [&](const Joiner& joiner) { return takes_in(joiner, key, id); });
  if (alone_goes_on && !company && rule_->hold == Duration{0}) {
    reason = "rule " + rule_->name + ": nothing to join";
    wait(std::move(key), id, clock + rule_->timespan, true);
    return false;
  }
  const IncidentId fresh = incidents_->create(index_, key, clock + rule_->hold);
  groups_[key].push_back(fresh);
  incidents_->attach(id, fresh, clock);
  take_in_waiting(key, id, clock);
  return true;
}

bool LabelGroups::takes_in(const Joiner& joiner, const std::string& key, EpisodeId opener) const {
  if (joiner.key != key || joiner.episode == opener) return false;
  const Episode& waiting = alerts_->episode(joiner.episode);
  const Episode& opening = alerts_->episode(opener);
  if (joiner.lone) {
    // A rule before this one that took it since keeps it.
    if (waiting.incident != kNoIncident && incidents_->row(waiting.incident).rule < index_) return false;
    return reaches(waiting.start, rule_->timespan, opening.start) &&
           reaches(opening.start, rule_->timespan, waiting.start);
  }
  return waiting.incident == kNoIncident && waiting.start + settings_->allowed_lateness >= opening.worst_since;
}

void LabelGroups::wait(std::string key, EpisodeId episode, Time until, bool lone) {
  ++alerts_->episode(episode).pins;
  joiners_.push_back({std::move(key), episode, until, lone});
}

EpisodeId LabelGroups::alone_after_hold(IncidentId id, Time clock) {
  if (rule_->otherwise != CorrelationRule::Otherwise::next || !incidents_->has(id)) return kNoEpisode;
  const IncidentRow& row = incidents_->row(id);
  if (row.number != 0 || row.members.size() != 1) return kNoEpisode;
  const EpisodeId episode = row.members.front();
  wait(row.group, episode, clock + rule_->timespan, true);
  return episode;
}

void LabelGroups::stretch(EpisodeId id, Time clock) {
  const IncidentId home = alerts_->episode(id).incident;
  const IncidentRow& row = incidents_->row(home);
  if (row.hand().apart) return;
  std::string key = row.group;
  if (row.hand().put) {
    // It may be there by someone's word, and then its group is another one.
    key.clear();
    std::string reason;
    if (!key_of(id, key, reason)) return;
  }
  IncidentId merged = home;
  for (const IncidentId other : joinable(key, id)) merged = incidents_->merge(merged, other, clock);
  take_in_waiting(key, id, clock);
}

void LabelGroups::take_in_waiting(const std::string& key, EpisodeId member, Time clock) {
  const IncidentId home = alerts_->episode(member).incident;
  // Whoever is taken in may be the link to the next one.
  std::vector<EpisodeId> links{member};
  while (!links.empty()) {
    const EpisodeId link = links.back();
    links.pop_back();
    for (const Joiner& joiner : joiners_) {
      const Episode& waiting = alerts_->episode(joiner.episode);
      if (waiting.incident == home || !takes_in(joiner, key, link)) continue;
      if (!joiner.lone && !joins(waiting, incidents_->row(home))) continue;
      incidents_->attach(joiner.episode, home, clock);
      links.push_back(joiner.episode);
    }
  }
}

void LabelGroups::take_over(const std::string& group, IncidentId id) {
  std::vector<IncidentId>& ids = groups_[group];
  if (std::ranges::find(ids, id) != ids.end()) return;
  const auto sequence = [&](IncidentId other) { return incidents_->row(other).sequence; };
  ids.insert(std::ranges::upper_bound(ids, sequence(id), {}, sequence), id);
}

void LabelGroups::leave(const std::string& group, IncidentId id) {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return;
  std::erase(found->second, id);
  if (found->second.empty()) groups_.erase(found);
}

void LabelGroups::forget(EpisodeId episode) {
  for (Joiner& joiner : joiners_) {
    if (joiner.episode != episode) continue;
    --alerts_->episode(episode).pins;
    joiner.episode = kNoEpisode;
  }
  std::erase_if(joiners_, [](const Joiner& joiner) { return joiner.episode == kNoEpisode; });
}

void LabelGroups::drop_old_joiners(Time clock) {
  std::erase_if(joiners_, [&](const Joiner& joiner) {
    if (joiner.until > clock) return false;
    --alerts_->episode(joiner.episode).pins;
    alerts_->release(joiner.episode, clock);
    return true;
  });
}

void LabelGroups::index_all() {
  groups_.clear();
  incidents_->for_each([&](IncidentId id, const IncidentRow& row) {
    if (row.rule == index_ && !row.hand().apart) take_over(row.group, id);
    for (const GroupKey& also : row.hand().also) {
      if (also.rule == index_) take_over(also.group, id);
    }
  });
}

}  // namespace triaged

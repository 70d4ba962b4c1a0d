// `by: topology`: from the solver's explanations to incidents.
#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "rules/correlate/topology_groups.hpp"

namespace triaged {
namespace {

// A change may have caused what began up to so long after it.
constexpr Duration kChangeReach = std::chrono::minutes(10);

// Onsets of one service with smaller gaps are one burst.
constexpr Duration kBurstGap = std::chrono::seconds(30);

}  // namespace

EpisodeId TopologyGroups::leader(EpisodeId id) const {
  const Episode& episode = alerts_->episode(id);
  EpisodeId found = kNoEpisode;
  for (const EpisodeId other : alerts_->alert_of(id).episodes) {
    const Episode& before = alerts_->episode(other);
    if (other == id || before.end > episode.start) break;
    if (before.end + settings_->reopen_within >= episode.start) found = other;
  }
  return found;
}

void TopologyGroups::join_returns(std::vector<Explanation>& explanations) {
  EpisodeMap& in = scratch_;  // the explanation that it is in
  in.clear();
  for (std::uint32_t x = 0; x < explanations.size(); ++x) {
    for (const std::uint64_t at : explanations[x].onsets) in.set(window_[at].episode, x);
  }
  std::vector<std::uint32_t> order(explanations.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](std::size_t x) { return explanations[x].onsets.front(); });
  for (const std::uint32_t y : order) {
    constexpr std::uint32_t kNone = UINT32_MAX;
    std::uint32_t into = kNone;
    const bool returns = std::ranges::all_of(explanations[y].onsets, [&](std::uint64_t at) {
      const std::uint32_t* before = in.find(leader(window_[at].episode));
      if (before == nullptr || *before == y) return false;
      if (into == kNone) into = *before;
      return into == *before;
    });
    // What is alone is with another rule, which has its own way with what comes back.
    if (!returns || into == kNone || joins_nothing(explanations[into])) continue;
    Explanation& fault = explanations[into];
    Explanation& again = explanations[y];
    for (const std::uint64_t at : again.onsets) in.set(window_[at].episode, into);
    fault.onsets.insert(fault.onsets.end(), again.onsets.begin(), again.onsets.end());
    std::ranges::sort(fault.onsets);
    fault.lone = fault.lone && again.lone;
    if (fault.fixed == 0) fault.fixed = again.fixed;
    again.onsets.clear();
  }
  std::erase_if(explanations, [](const Explanation& e) { return e.onsets.empty(); });
}

IncidentId TopologyGroups::incident_of_leaders(const Explanation& explanation) const {
  IncidentId home = kNoIncident;
  for (const std::uint64_t at : explanation.onsets) {
    const EpisodeId before = leader(window_[at].episode);
    if (before == kNoEpisode || !ours(alerts_->episode(before)) || weighs(before)) return kNoIncident;
    const IncidentId id = alerts_->episode(before).incident;
    if (home != kNoIncident && home != id) return kNoIncident;
    home = id;
  }
  return home;
}

bool TopologyGroups::opens(const Explanation& explanation) const {
  if (std::ranges::any_of(explanation.onsets, [&](std::uint64_t at) { return window_[at].opens; })) return true;
  // What opened it may have left the window.
  const Fault* known = fault(explanation.fixed);
  return known != nullptr && known->opened;
}

bool TopologyGroups::joins_nothing(const Explanation& explanation) const {
  if (rule_->otherwise == CorrelationRule::Otherwise::open) return false;
  const Fault* known = fault(explanation.fixed);
  if (known == nullptr) return explanation.lone;
  // It was alone when it was settled, and still is.
  return known->lone &&
         std::ranges::all_of(explanation.onsets, [&](std::uint64_t at) { return window_[at].fixed != 0; });
}

void TopologyGroups::apply(const std::vector<Explanation>& explanations, Time clock,
                           const std::vector<KnownChange>& changes, bool waits, const Alone& alone) {
  std::vector<bool> makes_incident;
  for (const Explanation& e : explanations) makes_incident.push_back(opens(e) && !joins_nothing(e));
  const std::vector<IncidentId> home = homes(explanations, makes_incident);
  std::vector<std::uint64_t> leaving;
  std::vector<std::uint64_t> openers;  // go last, so that they may take the incident that they were shown in along
  for (std::size_t x = 0; x < explanations.size(); ++x) {
    const std::vector<std::uint64_t>& onsets = explanations[x].onsets;
    if (makes_incident[x]) {
      gather(explanations[x], home[x], clock, changes);
      continue;
    }
    for (const std::uint64_t at : onsets) {
      (window_[at].opens ? openers : leaving).push_back(at);
    }
  }
  leaving.insert(leaving.end(), openers.begin(), openers.end());
  for (const std::uint64_t at : leaving) {
    Entry& entry = window_[at];
    if (!entry.lone) entry.handed_on = false;
    entry.lone = true;
    hand_on(entry, clock, waits, alone);
  }
}

void TopologyGroups::hand_on(Entry& entry, Time clock, bool waits, const Alone& alone) {
  Episode& episode = alerts_->episode(entry.episode);
  const IncidentId id = episode.incident;
  const bool is_ours = ours(episode);
  if (waits && episode.arrived + rule_->hold > clock) {
    if (is_ours && incidents_->row(id).number == 0) {
      entry.placed = false;
      incidents_->detach(entry.episode, clock);
      incidents_->settle_empty(id, kNoIncident, clock);
      episode.reason = alerts_->symbols().id("rule " + rule_->name + ": nothing to join yet");
    }
    return;
  }
  if (entry.handed_on && !is_ours) return;
  entry.handed_on = true;
  entry.placed = false;
  if (is_ours) {
    incidents_->detach(entry.episode, clock);
    incidents_->offer(id);
  }
  alone(entry.episode, why_alone(entry.episode));
  if (is_ours) {
    incidents_->offer(kNoIncident);
    incidents_->settle_empty(id, episode.incident, clock);
  }
}

std::string TopologyGroups::why_alone(EpisodeId id) const {
  const Matcher* const refused = first_failing(rule_->opening_matchers, alerts_->rule_labels(id));
  return "rule " + rule_->name + ": " +
         (refused == nullptr
              ? "nothing to join"
              : refused->text() + " does not hold, so it opens no incident, and there is none that it could join");
}

std::vector<IncidentId> TopologyGroups::homes(const std::vector<Explanation>& explanations,
                                              const std::vector<bool>& makes_incident) {
  // An incident goes where most of its members go.
  std::map<std::pair<std::uint64_t, IncidentId>, std::map<std::size_t, std::uint32_t>> votes;
  std::vector<IncidentId> home(explanations.size(), kNoIncident);
  EpisodeMap& weighed = scratch_;  // its place in the window
  weighed.clear();
  for (std::uint32_t i = 0; i < window_.size(); ++i) weighed.set(window_[i].episode, i);
  // What is settled stays where it is, so an incident with other settled members is no home for a fault.
  const auto taken = [&](IncidentId id, std::uint64_t fixed) {
    return std::ranges::any_of(incidents_->row(id).members, [&](EpisodeId member) {
      const std::uint32_t* found = weighed.find(member);
      return found == nullptr || (window_[*found].fixed != 0 && window_[*found].fixed != fixed);
    });
  };
  for (std::size_t x = 0; x < explanations.size(); ++x) {
    if (!makes_incident[x]) continue;
    for (const std::uint64_t at : explanations[x].onsets) {
      const IncidentId id = alerts_->episode(window_[at].episode).incident;
      if (id == kNoIncident || incidents_->row(id).rule != index_) continue;
      ++votes[{incidents_->row(id).sequence, id}][x];
    }
    home[x] = incident_of(fault(explanations[x].fixed));
    if (home[x] == kNoIncident) home[x] = incident_of_leaders(explanations[x]);
  }
  const auto rank = [&](IncidentId id) {
    const IncidentRow& row = incidents_->row(id);
    return std::tuple(row.number == 0, row.summary.first_start, row.number, row.sequence);
  };
  std::vector<bool> settled(explanations.size());
  for (std::size_t x = 0; x < explanations.size(); ++x) settled[x] = home[x] != kNoIncident;
  for (const auto& [incident, counts] : votes) {
    const IncidentId id = incident.second;
    if (std::ranges::find(home, id) != home.end()) continue;
    std::size_t most = counts.begin()->first;
    for (const auto& [x, count] : counts) {
      if (count > counts.at(most)) most = x;
    }
    if (settled[most] || taken(id, explanations[most].fixed)) continue;
    if (home[most] == kNoIncident || rank(id) < rank(home[most])) home[most] = id;
  }
  return home;
}

void TopologyGroups::gather(const Explanation& explanation, IncidentId home, Time clock,
                            const std::vector<KnownChange>& changes) {
  if (home == kNoIncident) {
    Time hold_until = kNever;
    for (const std::uint64_t at : explanation.onsets) {
      hold_until = std::min(hold_until, alerts_->episode(window_[at].episode).arrived + rule_->hold);
    }
    home = incidents_->create(index_, {}, std::max(hold_until, clock));
  }
  for (const std::uint64_t at : explanation.onsets) {
    window_[at].lone = false;
    window_[at].handed_on = false;
    window_[at].placed = true;
    alerts_->episode(window_[at].episode).opens = window_[at].opens;
    incidents_->attach(window_[at].episode, home, clock);
  }
  if (Fault* known = fault(explanation.fixed)) {
    known->incident = home;
    known->sequence = incidents_->row(home).sequence;
  }
  // Another rule's root, where a person put the fault, is not the graph's to find.
  if (incidents_->row(home).rule != index_) return;
  // Members that have left the window can't be weighed any more, so a root that they helped to find stays.
  if (incidents_->row(home).reviewed && incidents_->row(home).members.size() != explanation.onsets.size()) return;
  std::vector<SymbolId> suspected;
  const RankedService& root = explanation.candidates.front();
  if (root.changed) {
    for (const KnownChange& known : changes) {
      if (known.change.service == root.service && known.change.at <= explanation.began &&
          known.change.at + kChangeReach >= explanation.began) {
        suspected.push_back(known.id);
      }
    }
  }
  incidents_->set_root(home, explanation.candidates, std::move(suspected));
}

TopologyGroups::Fault* TopologyGroups::fault(std::uint64_t id) {
  const auto found = std::ranges::lower_bound(faults_, id, {}, [](const Fault& f) { return f.fixed.fault; });
  return found != faults_.end() && found->fixed.fault == id ? &*found : nullptr;
}

const TopologyGroups::Fault* TopologyGroups::fault(std::uint64_t id) const {
  return const_cast<TopologyGroups*>(this)->fault(id);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

IncidentId TopologyGroups::incident_of(const Fault* known) const {
  if (known == nullptr || known->incident == kNoIncident || !incidents_->has(known->incident)) return kNoIncident;
  return incidents_->row(known->incident).sequence == known->sequence ? known->incident : kNoIncident;
}

std::vector<EpisodeId> TopologyGroups::settle(Time until, const std::vector<Explanation>& explanations) {
  std::vector<EpisodeId> settled;
  for (const Explanation& explanation : explanations) {
    std::uint64_t id = explanation.fixed;
    std::map<ServiceId, Time> last;                      // settled start by service
    for (const std::uint64_t at : explanation.onsets) {  // ascending starts
      Entry& entry = window_[at];
      if (entry.fixed == 0) {
        // A burst of one service is settled whole: half of it would look like another fault.
        const auto burst = last.find(entry.service);
        if (entry.start > until && (burst == last.end() || entry.start > burst->second + kBurstGap)) continue;
        if (id == 0) id = add_fault(explanation, entry);
        Fault& known = *fault(id);
        known.lone = known.lone && explanation.lone;
        known.opened = known.opened || entry.opens;
        entry.fixed = id;
        settled.push_back(entry.episode);
        const Alert& alert = alerts_->alert_of(entry.episode);
        habits_.count(alert.service, alert.name, alert.instance, entry.start);
      }
      last[entry.service] = entry.start;
    }
  }
  return settled;
}

std::vector<EpisodeId> TopologyGroups::admit_worse(const std::vector<EpisodeId>& settled) {
  std::vector<EpisodeId> anew;
  for (const EpisodeId id : settled) {
    Episode& episode = alerts_->episode(id);
    const auto found = std::ranges::find(window_, id, &Entry::episode);
    if (found->start == onset(episode)) continue;
    if (ours(episode)) {
      episode.opens = may_open(id);
      found->opens = episode.opens;
    }
    if (episode.incident != kNoIncident) continue;
    window_.erase(found);
    --episode.pins;
    anew.push_back(id);
  }
  return anew;
}

std::uint64_t TopologyGroups::add_fault(const Explanation& explanation, const Entry& member) {
  const Episode& episode = alerts_->episode(member.episode);
  const bool shown = ours(episode);
  faults_.push_back(
      {.fixed = {.fault = next_fault_, .root = explanation.candidates.front().service, .began = explanation.began},
       .incident = shown ? episode.incident : kNoIncident,
       .sequence = shown ? incidents_->row(episode.incident).sequence : 0,
       .lone = explanation.lone});
  return next_fault_++;
}

}  // namespace triaged

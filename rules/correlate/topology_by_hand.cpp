// `by: topology`, where people said what belongs together.
#include <algorithm>

#include "rules/correlate/topology_groups.hpp"

namespace triaged {

void TopologyGroups::drop(EpisodeId id, Time clock) {
  const auto found = std::ranges::find(window_, id, &Entry::episode);
  if (found == window_.end()) return;
  window_.erase(found);
  --alerts_->episode(id).pins;
  alerts_->release(id, clock);
}

void TopologyGroups::settle_by_hand(IncidentId id, bool apart) {
  const IncidentRow& row = incidents_->row(id);
  Fault* home = nullptr;
  if (!apart) {
    const auto known = std::ranges::find_if(faults_, [&](const Fault& f) { return incident_of(&f) == id; });
    if (known != faults_.end()) home = &*known;
  }
  for (Entry& entry : window_) {  // ascending starts
    if (alerts_->episode(entry.episode).incident != id) continue;
    if (apart || entry.fixed == 0) {
      if (home == nullptr) {
        const ServiceId cause = row.candidates.empty() ? kNoService : row.candidates.front().service;
        const bool placed = cause != kNoService && graph_->connected(cause);
        faults_.push_back(
            {.fixed = {.fault = next_fault_++, .root = placed ? cause : entry.service, .began = entry.start},
             .incident = id,
             .sequence = row.sequence});
        home = &faults_.back();
      }
      if (entry.fixed == 0) {
        const Alert& alert = alerts_->alert_of(entry.episode);
        habits_.count(alert.service, alert.name, alert.instance, entry.start);
      }
      entry.fixed = home->fixed.fault;
    }
    entry.lone = false;
    entry.handed_on = false;
    entry.placed = true;
    Fault& known = *fault(entry.fixed);
    known.lone = false;
    known.opened = true;
    known.incident = id;
    known.sequence = row.sequence;
  }
}

void TopologyGroups::hand_over(IncidentId from, IncidentId into) {
  for (Fault& known : faults_) {
    if (incident_of(&known) != from) continue;
    known.incident = into;
    known.sequence = into == kNoIncident ? 0 : incidents_->row(into).sequence;
  }
}

}  // namespace triaged

#include "rules/engine/capacity.hpp"

#include <algorithm>

#include "rules/model/accounting.hpp"

namespace triaged {

bool Capacity::make_room(const EngineSettings& settings, Time clock, std::vector<AlertChange>& changes) {
  paid_ = 0;
  closing_ = false;
  // A little more than is needed, so that not every slot begins anew.
  const std::uint64_t most = room_from(settings) - settings.max_state / (2 * kRoomShare);
  for (const AlertId alert : alerts_->over()) {
    if (bytes() <= most) break;
    alerts_->forget(alert, clock, changes);
  }
  if (bytes() > most) {
    if (correlator_->bytes() > settings.max_state / kRoomShare) correlator_->fade_habits(clock);
    // What an incident holds goes when its last document is out and room is made again.
    std::uint64_t left = bytes();
    for (const IncidentId id : incidents_->resolved()) {
      if (left <= most) break;
      const std::uint64_t members = incidents_->row(id).members.size();
      const std::uint64_t freed =
          accounting::kIncident + members * (accounting::kLabelSet + accounting::kAlert + accounting::kEpisode);
      incidents_->close_early(id, clock);
      closing_ = true;
      left -= std::min(left, freed);
    }
  }
  const std::uint64_t names = alerts_->name_bytes();
  return names > settings.max_state / kRoomShare && names > names_ + names_ / 4;
}

}  // namespace triaged

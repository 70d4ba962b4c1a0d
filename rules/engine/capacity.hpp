// The cap on state: what is over goes first, then new alerts are turned away.
#pragma once

#include <cstdint>

#include "rules/correlate/correlator.hpp"
#include "rules/dedup/alert_table.hpp"
#include "rules/engine/command_desk.hpp"
#include "rules/incident/incident_table.hpp"
#include "rules/model/bundle.hpp"
#include "rules/suppress/suppression_table.hpp"

namespace triaged {

/// Bytes are those of model/accounting.hpp. From kRoomShare of the cap on room is made: what is over and only waits to
/// be forgotten goes, then incidents that are resolved are closed before their time, the oldest first of either. Beyond
/// the cap a label set that is not known is rejected; one that is known always gets in. Not thread-safe.
class Capacity {
 public:
  Capacity(AlertTable& alerts, IncidentTable& incidents, Correlator& correlator, const SuppressionTable& suppressions,
           const CommandDesk& desk)
      : alerts_(&alerts),
        incidents_(&incidents),
        correlator_(&correlator),
        suppressions_(&suppressions),
        desk_(&desk) {}

  [[nodiscard]] std::uint64_t bytes() const {
    return alerts_->bytes() + incidents_->bytes() + correlator_->bytes() + suppressions_->bytes() + desk_->bytes();
  }
  /// Something is delivered: looking for room, which goes over all of the state, is paid for by deliveries.
  void pay() { ++paid_; }
  [[nodiscard]] bool full(const EngineSettings& settings) const { return bytes() > settings.max_state; }
  [[nodiscard]] bool wants_room(const EngineSettings& settings) const {
    return (closing_ || paid_ * kRowsADelivery >= alerts_->rows()) && bytes() > room_from(settings);
  }
  /// At the close of a slot, when nothing is left to publish. True: names that nobody uses are worth looking for.
  bool make_room(const EngineSettings& settings, Time clock, std::vector<AlertChange>& changes);
  void names_kept() { names_ = alerts_->name_bytes(); }

  template <class A>
  void fields(A& a) {
    a(paid_, closing_, names_);
  }

 private:
  static constexpr std::uint64_t kRowsADelivery = 256;
  static constexpr std::uint64_t kRoomShare = 16;  // so much of the cap is kept free, as long as something is over

  static std::uint64_t room_from(const EngineSettings& settings) {
    return settings.max_state - settings.max_state / kRoomShare;
  }

  AlertTable* alerts_;
  IncidentTable* incidents_;
  Correlator* correlator_;
  const SuppressionTable* suppressions_;
  const CommandDesk* desk_;
  std::uint64_t paid_ = 0;   // deliveries since room was made
  bool closing_ = false;     // incidents were closed early, and their alerts go when that is published
  std::uint64_t names_ = 0;  // bytes of names and texts when those in use were kept
};

}  // namespace triaged

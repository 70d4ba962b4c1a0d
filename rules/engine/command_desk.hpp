// Takes what people ask: checks it against the state, does it once, says what became of it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "rules/correlate/correlator.hpp"
#include "rules/dedup/alert_table.hpp"
#include "rules/engine/command_memory.hpp"
#include "rules/incident/incident_table.hpp"
#include "rules/model/bundle.hpp"
#include "rules/model/command.hpp"
#include "rules/suppress/suppression_table.hpp"

namespace triaged {

/// Not thread-safe. What the constructor is given must outlive it.
class CommandDesk {
 public:
  CommandDesk(const Bundle& bundle, std::uint32_t shard, AlertTable& alerts, IncidentTable& incidents,
              SuppressionTable& suppressions, Correlator& correlator)
      : bundle_(&bundle),
        shard_(shard),
        alerts_(&alerts),
        incidents_(&incidents),
        suppressions_(&suppressions),
        correlator_(&correlator) {}

  void rebind(const Bundle& bundle) { bundle_ = &bundle; }
  CommandResult take(const Command& command, Time clock);
  /// Of model/accounting.hpp: of what is remembered of commands.
  [[nodiscard]] std::uint64_t bytes() const { return memory_.bytes(); }

  template <class A>
  void fields(A& a) {
    a(memory_);
  }

 private:
  // Shares of max_state, so that commands never leave the alerts without room.
  static constexpr std::uint64_t kSuppressionShare = 4;
  static constexpr std::uint64_t kMemoryShare = 16;

  /// What it acted on.
  struct Done {
    std::optional<IncidentKey> incident;
    std::string suppression;
  };
  using Answer = std::expected<Done, std::string>;
  using Found = std::expected<IncidentId, std::string>;

  Answer act(const Command& command, Time clock);
  Answer act_on(IncidentId id, const Command& command, Time clock);
  Answer act(IncidentId id, const Acknowledge& what, const Command& command, Time clock);
  Answer act(IncidentId id, const Assign& what, const Command& command, Time clock);
  Answer act(IncidentId id, const Comment& what, const Command& command, Time clock);
  Answer act(IncidentId id, const Resolve& what, const Command& command, Time clock);
  Answer act(IncidentId id, const Reopen& what, const Command& command, Time clock);
  Answer act(IncidentId id, const Close& what, const Command& command, Time clock);
  Answer act(IncidentId id, const Merge& what, const Command& command, Time clock);
  Answer act(IncidentId id, const Split& what, const Command& command, Time clock);

  [[nodiscard]] Found find(const IncidentKey& key) const;
  [[nodiscard]] std::string name(IncidentId id) const;
  [[nodiscard]] std::string name(const IncidentKey& key) const;
  /// Why nothing can be done to it any more; empty: it is neither closed nor merged.
  [[nodiscard]] std::string over(IncidentId id) const;
  /// The members that have these fingerprints.
  std::expected<std::vector<EpisodeId>, std::string> members(IncidentId id, const std::vector<Fingerprint>& alerts);

  const Bundle* bundle_;
  std::uint32_t shard_;
  AlertTable* alerts_;
  IncidentTable* incidents_;
  SuppressionTable* suppressions_;
  Correlator* correlator_;
  CommandMemory memory_;
};

}  // namespace triaged

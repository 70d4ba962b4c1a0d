// The chain of correlation rules: the first rule that takes an alert keeps it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "rules/correlate/label_groups.hpp"
#include "rules/correlate/topology_groups.hpp"
#include "rules/dedup/alert_table.hpp"
#include "rules/incident/incident_table.hpp"
#include "rules/model/bundle.hpp"
#include "rules/model/timers.hpp"
#include "rules/suppress/suppression_table.hpp"

namespace triaged {

/// Not thread-safe. What the constructor is given must outlive the correlator.
class Correlator {
 public:
  Correlator(const Bundle& bundle, const RuleList& rules, AlertTable& alerts, IncidentTable& incidents,
             SuppressionTable& suppressions, TimerQueue& timers);
  Correlator(const Correlator&) = delete;
  Correlator& operator=(const Correlator&) = delete;

  /// Before another bundle: `successors` says which rules go on. Lets go of what others wait for in vain; returns, for
  /// each rule, whether an incident still names it.
  std::vector<bool> retire(const std::vector<RuleIndex>& successors, Time clock);
  /// What another bundle changes in the eyes of those that correlate.
  struct Rebinding {
    const Bundle* last = nullptr;
    const Bundle* next = nullptr;
    const std::vector<ServiceId>* services = nullptr;  // what became of each
    const std::vector<RuleIndex>* rules = nullptr;     // what became of each
    std::vector<bool> others;                          // of the active rules: no rule decided like it
  };
  /// After all numbers were rewritten. What was not decided is placed anew; where the rules or the graph are others,
  /// what is in no incident too.
  void rebind(const Rebinding& change, Time clock);
  /// The list of rules was read from a snapshot, and nothing else yet.
  void read_rules();

  void on_change(const AlertChange& change, Time clock);
  void on_service_change(const ChangeInput& input, Time clock);
  void on_solve(std::uint32_t rule, Time clock);
  void on_freeze(std::uint32_t rule, Time clock);
  /// The hold of an incident is over.
  void on_hold(IncidentId incident, Time clock);
  void on_gone(const IncidentRow& row, IncidentId id);
  // by_hand.cpp: the same as in IncidentTable, and rules leave it so.
  void close(IncidentId incident, Time clock);
  void merge(IncidentId from, IncidentId into, const std::string& actor, Time clock);
  IncidentId split(IncidentId from, const std::vector<EpisodeId>& members, const std::string& actor, Time clock);

  /// What suppressions let go is looked at again.
  void take_back_suppressed(Time clock);

  /// The end of a finite log: nothing waits any longer.
  void finish(Time clock);

  /// Episodes for which it was decided since the last call that no incident takes them; Episode::reason says why.
  [[nodiscard]] std::vector<EpisodeId> take_unplaced() { return std::exchange(unplaced_, {}); }
  [[nodiscard]] bool has_unplaced() const { return !unplaced_.empty(); }

  /// Bytes of what was learned; see model/accounting.hpp.
  [[nodiscard]] std::uint64_t bytes() const;
  /// What was learned long ago is forgotten sooner.
  void fade_habits(Time clock);

  template <class A>
  void fields(A& a) {
    a(changes_, unplaced_);
    for (auto& groups : groups_) {
      if (groups.labels) a(*groups.labels);
      if (groups.topology) a(*groups.topology);
    }
  }

 private:
  struct Groups {
    std::unique_ptr<LabelGroups> labels;  // one of the two
    std::unique_ptr<TopologyGroups> topology;
  };

  /// `reason`: why the rules before `from` did not keep it.
  void place(EpisodeId episode, std::size_t from, std::string reason, Time clock);
  /// Suppressions, and what people said, come before all rules.
  void begin(EpisodeId episode, Time clock);
  [[nodiscard]] bool suppressed(EpisodeId episode);
  /// The reason why it was in no incident is another one now, or none.
  void tell_again(EpisodeId episode);
  /// An alert comes back to where a person put it.
  bool return_home(EpisodeId episode, Time clock);
  /// An instance came to an episode in no incident. True: rules were asked about it.
  bool begin_again(const AlertChange& change, Time clock);
  void leave_groups(const IncidentRow& row, IncidentId id);
  void take_over_groups(const IncidentRow& from, IncidentId into);
  void follow(const AlertChange& change, Time clock);
  /// A topology rule still weighs it.
  [[nodiscard]] bool undecided(EpisodeId episode) const;
  void place_anew(EpisodeId episode, Time clock);
  void escalate(EpisodeId episode, Time clock);
  void stretch(EpisodeId episode, Time clock);
  /// Where what opened an incident went elsewhere, the others look for another one.
  void place_left_behind(Time clock);
  void absorb(EpisodeId into, EpisodeId from, Time clock);
  [[nodiscard]] Groups new_groups(std::uint32_t rule);
  /// So long after its end what a person put somewhere belongs there again.
  [[nodiscard]] static Duration returns_within(const EngineSettings& settings) {
    return std::max(settings.flap_hold, settings.reopen_within);
  }
  /// The first rule that may take it now; nullopt: one weighs it.
  [[nodiscard]] std::optional<std::size_t> free_from(EpisodeId episode) const;
  void place_again(EpisodeId episode, Time clock);
  /// What is in no incident may find one under `others`: rules that decide otherwise than any did before.
  void look_again(const std::vector<bool>& others, Time clock);

  const Bundle* bundle_;
  const RuleList* rules_;
  AlertTable* alerts_;
  IncidentTable* incidents_;
  SuppressionTable* suppressions_;
  TimerQueue* timers_;
  Duration returns_within_{};
  ServiceGraph graph_;
  std::vector<Groups> groups_;
  std::vector<KnownChange> changes_;  // ascending times, of the last hour
  std::vector<EpisodeId> unplaced_;
  std::vector<EpisodeId> loose_;  // between retire() and rebind()
};

}  // namespace triaged

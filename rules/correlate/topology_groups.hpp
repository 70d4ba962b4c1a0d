// `by: topology`: alerts that one fault explains, along the dependency graph.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "rules/correlate/episode_map.hpp"
#include "rules/correlate/habits.hpp"
#include "rules/correlate/neighbourhood.hpp"
#include "rules/correlate/topology/solver.hpp"
#include "rules/dedup/alert_table.hpp"
#include "rules/incident/incident_table.hpp"
#include "rules/model/bundle.hpp"
#include "rules/model/timers.hpp"

namespace triaged {

/// A change as the engine keeps it.
struct KnownChange {
  SuspectChange change;
  SymbolId id{};
  template <class A>
  void fields(A& a) {
    a(change.service, change.at, id);
  }
};

/// The faults of one rule. Onsets of the last minutes of event time stand in a window. Whenever something came, the
/// solver explains again what lies within two edges of it, and what was published is amended; the whole window only
/// when onsets are settled. Every kFreezeStep of event time, when nothing can come late any more, the oldest onsets are
/// settled by what started until a fixed time after them. So the outcome depends on the onsets' times and not on the
/// order in which they came.
class TopologyGroups {
 public:
  static constexpr Duration kFreezeStep = std::chrono::seconds(60);

  TopologyGroups(const CorrelationRule& rule, std::uint32_t index, const Bundle& bundle, const ServiceGraph& graph,
                 AlertTable& alerts, IncidentTable& incidents, TimerQueue& timers);

  /// The rule, its place and the catalogue under another bundle. The window goes on. `changed`: the graph or what the
  /// rule makes of it is another one, so that what is not settled is explained again. Returns the episodes that it
  /// can't weigh any more and that are in no incident.
  [[nodiscard]] std::vector<EpisodeId> rebind(const CorrelationRule& rule, std::uint32_t index, const Bundle& bundle,
                                              bool changed, Time clock);
  /// The rule takes nothing any more: the window is empty. Returns the episodes that were not decided yet.
  [[nodiscard]] std::vector<EpisodeId> retire(Time clock);

  /// False: the rule does not take it, and `reason` says why.
  bool take(EpisodeId episode, Time clock, std::string& reason);
  /// The episode turned out to have begun earlier.
  void amend(EpisodeId episode, Time clock);
  /// The episode is worse than before. True: it stands in the window or in an incident of this rule.
  bool escalate(EpisodeId episode, Time clock);
  /// Whether it is still to be explained.
  [[nodiscard]] bool weighs(EpisodeId episode) const {
    const auto found = std::ranges::find(window_, episode, &Entry::episode);
    return found != window_.end() && graph_->connected(found->service);
  }
  /// Whether it is with the next rule meanwhile.
  [[nodiscard]] bool handed_on(EpisodeId episode) const {
    const auto found = std::ranges::find(window_, episode, &Entry::episode);
    return found != window_.end() && found->handed_on;
  }
  [[nodiscard]] Habits& habits() { return habits_; }
  [[nodiscard]] const Habits& habits() const { return habits_; }
  /// The episode is no more; `into` stands for it.
  void absorb(EpisodeId episode, EpisodeId into);

  /// The episode is nothing to explain any more.
  void drop(EpisodeId episode, Time clock);
  /// A person said what belongs to the incident: its members are settled there, and later onsets may still join.
  /// `apart`: they are no part of the faults that they were settled in.
  void settle_by_hand(IncidentId incident, bool apart);
  /// What is settled in an incident is settled in another one from now on, or in none that could grow.
  void hand_over(IncidentId from, IncidentId into);

  /// Episodes that join nothing are given to `alone`, if the rule says `otherwise: next`, and those that may not open
  /// what they would be alone in.
  using Alone = std::function<void(EpisodeId, std::string reason)>;
  /// Episodes that were settled outside any incident and got worse after that are given to `anew`.
  using Anew = std::function<void(EpisodeId)>;
  void on_solve(Time clock, const std::vector<KnownChange>& changes, const Alone& alone);
  void on_freeze(Time clock, const std::vector<KnownChange>& changes, const Alone& alone, const Anew& anew);
  /// The end of a finite log: nothing more will come, so nothing waits.
  void finish(Time clock, const std::vector<KnownChange>& changes, const Alone& alone);

  template <class A>
  void fields(A& a) {
    a(window_, faults_, habits_, solves_, next_fault_, frozen_, freeze_armed_);
  }

 private:
  struct Entry {
    EpisodeId episode = kNoEpisode;
    Time start{};
    ServiceId service = kNoService;
    std::uint64_t fixed = 0;  // fault; 0: free
    bool fresh = true;        // not explained yet
    bool lone = false;        // joins nothing, as it looks now
    bool handed_on = false;   // is with the next rule
    bool placed = false;      // was put into an incident of this rule
    bool opens = true;        // this rule lets it open an incident
    template <class A>
    void fields(A& a) {
      a(episode, start, service, fixed, fresh, lone, handed_on, placed, opens);
    }
  };
  struct Fault {
    FixedFault fixed;
    IncidentId incident = kNoIncident;
    std::uint64_t sequence = 0;  // of the incident: ids are used again
    bool lone = false;           // what was settled joins nothing
    bool opened = false;         // some of what was settled may open an incident
    template <class A>
    void fields(A& a) {
      a(fixed.fault, fixed.root, fixed.began, incident, sequence, lone, opened);
    }
  };

  void insert(EpisodeId episode);
  void insert(const Entry& entry);
  /// When the episode began, or, where it got worse long after, since when it is so: then it is another onset.
  [[nodiscard]] Time onset(const Episode& episode) const {
    return episode.worst_since > episode.start + horizon_ ? episode.worst_since : episode.start;
  }
  [[nodiscard]] bool ours(const Episode& episode) const {
    return episode.incident != kNoIncident && incidents_->row(episode.incident).rule == index_;
  }
  [[nodiscard]] bool may_open(EpisodeId episode) const;
  /// It waits to be explained, and nobody else has it meanwhile.
  [[nodiscard]] bool undecided(const Entry& entry) const;
  void request_solve(Time due);
  void arm_freeze(Time clock);
  [[nodiscard]] std::vector<std::uint32_t> near_fresh();
  [[nodiscard]] std::vector<std::uint32_t> started_until(Time until) const;
  /// `entries`: indices into the window; they come back as the onsets' ids.
  std::vector<Explanation> explain(const std::vector<std::uint32_t>& entries, Time now,
                                   const std::vector<KnownChange>& changes);
  void apply(const std::vector<Explanation>& explanations, Time clock, const std::vector<KnownChange>& changes,
             bool waits, const Alone& alone);
  [[nodiscard]] std::vector<IncidentId> homes(const std::vector<Explanation>& explanations,
                                              const std::vector<bool>& makes_incident);
  void gather(const Explanation& explanation, IncidentId home, Time clock, const std::vector<KnownChange>& changes);
  void hand_on(Entry& entry, Time clock, bool waits, const Alone& alone);
  [[nodiscard]] bool joins_nothing(const Explanation& explanation) const;
  [[nodiscard]] bool opens(const Explanation& explanation) const;
  /// Its incident is over and gone, or its service stands in the catalogue no more: there is nothing left to explain.
  [[nodiscard]] bool over(const Entry& entry) const {
    return (entry.placed && alerts_->episode(entry.episode).incident == kNoIncident) ||
           !graph_->connected(entry.service);
  }
  /// The episode of the same alert that it follows soon enough to be the same fault come back; kNoEpisode: none.
  [[nodiscard]] EpisodeId leader(EpisodeId episode) const;
  /// A fault of which every alert was in another one shortly before is that one come back.
  void join_returns(std::vector<Explanation>& explanations);
  /// The same for an earlier one that is not weighed any more; kNoIncident: it is none that comes back.
  [[nodiscard]] IncidentId incident_of_leaders(const Explanation& explanation) const;
  [[nodiscard]] std::string why_alone(EpisodeId episode) const;
  [[nodiscard]] Fault* fault(std::uint64_t id);
  [[nodiscard]] const Fault* fault(std::uint64_t id) const;
  [[nodiscard]] IncidentId incident_of(const Fault* known) const;
  std::uint64_t add_fault(const Explanation& explanation, const Entry& member);
  /// Returns the episodes that it settled.
  std::vector<EpisodeId> settle(Time until, const std::vector<Explanation>& explanations);
  /// Lets those that got worse long after they began count as what they have become; returns those that are in no
  /// incident: they have left the window and are new onsets.
  std::vector<EpisodeId> admit_worse(const std::vector<EpisodeId>& settled);

  const CorrelationRule* rule_;
  std::uint32_t index_;
  const EngineSettings* settings_;
  const Catalogue* catalogue_;
  const ServiceGraph* graph_;
  AlertTable* alerts_;
  IncidentTable* incidents_;
  TimerQueue* timers_;
  TopologyParameters parameters_;
  TopologySolver solver_;
  Duration horizon_;           // how far after an onset others count for settling it
  std::vector<Entry> window_;  // ascending starts, then labels: not as they came
  std::vector<Fault> faults_;  // ascending ids
  Habits habits_;
  Neighbourhood near_;  // scratch
  EpisodeMap scratch_;
  std::vector<Time> solves_;  // armed, ascending
  std::uint64_t next_fault_ = 1;
  Time frozen_{};  // starts up to here are settled
  bool freeze_armed_ = false;
};

}  // namespace triaged

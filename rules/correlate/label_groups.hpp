// `by: {labels: […]}`: alerts with the same values, while they overlap in event time.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include "rules/dedup/alert_table.hpp"
#include "rules/incident/incident_table.hpp"
#include "rules/model/archive.hpp"
#include "rules/model/bundle.hpp"
#include "rules/model/hash.hpp"

namespace triaged {

/// The groups of one rule. Which episodes end up together depends on their times, not on the order in which they came:
/// a group is a run of episodes with no gap longer than the join allows, and a late episode may join two.
class LabelGroups {
 public:
  LabelGroups(const CorrelationRule& rule, std::uint32_t index, const EngineSettings& settings, AlertTable& alerts,
              IncidentTable& incidents);

  /// The rule and its place under another bundle. Its groups go on.
  void rebind(const CorrelationRule& rule, std::uint32_t index, const EngineSettings& settings);
  /// The rule takes nothing any more: nobody waits for it.
  void retire(Time clock);

  /// Finds or opens an incident for the episode. False: the rule does not take it, and `reason` says why.
  bool place(EpisodeId episode, Time clock, std::string& reason);
  /// The episode of an incident of this rule turned out to be longer: it may now touch other incidents.
  void stretch(EpisodeId episode, Time clock);
  /// The hold of an incident is over. Where its only member is to go on to the next rule, that is returned.
  EpisodeId alone_after_hold(IncidentId id, Time clock);
  /// New alerts of that group join the incident too, which may be another rule's.
  void take_over(const std::string& group, IncidentId id);
  /// The incident is no more, or none of that group any more.
  void leave(const std::string& group, IncidentId id);
  /// The episode is no more; see AlertChange::Kind::absorbed.
  void forget(EpisodeId episode);

  template <class A>
  void fields(A& a) {
    a(joiners_);
    if constexpr (archive::Reading<A>) index_all();
  }

 private:
  /// An alert that opens nothing, and waits a little for one that does (that may only have been late); or one that was
  /// alone, went on to the next rule, and comes back where company comes in time.
  struct Joiner {
    std::string key;
    EpisodeId episode = kNoEpisode;
    Time until{};
    bool lone = false;  // it may open, and was handed on because it was alone
    template <class A>
    void fields(A& a) {
      a(key, episode, until, lone);
    }
  };

  [[nodiscard]] bool key_of(EpisodeId episode, std::string& key, std::string& reason) const;
  [[nodiscard]] bool joins(const Episode& episode, const IncidentRow& row) const;
  using Incidents = boost::container::small_vector<IncidentId, 4>;
  [[nodiscard]] Incidents joinable(std::string_view key, EpisodeId episode) const;
  [[nodiscard]] bool takes_in(const Joiner& joiner, const std::string& key, EpisodeId opener) const;
  void take_in_waiting(const std::string& key, EpisodeId member, Time clock);
  void wait(std::string key, EpisodeId episode, Time until, bool lone);
  void drop_old_joiners(Time clock);
  void index_all();

  const CorrelationRule* rule_;
  std::uint32_t index_;
  const EngineSettings* settings_;
  AlertTable* alerts_;
  IncidentTable* incidents_;
  boost::unordered_flat_map<std::string, std::vector<IncidentId>, TextHash, std::equal_to<>> groups_;
  std::deque<Joiner> joiners_;
};

}  // namespace triaged

// Incidents: which episodes are in which, and the lifecycle open → resolved → (reopened →) closed, or merged.
// Correlators say what belongs together; this table keeps the books and makes the documents.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "rules/dedup/alert_table.hpp"
#include "rules/enrich/template.hpp"
#include "rules/incident/incident_row.hpp"
#include "rules/incident/rule_list.hpp"
#include "rules/model/accounting.hpp"
#include "rules/model/archive.hpp"
#include "rules/model/bundle.hpp"
#include "rules/model/input.hpp"
#include "rules/model/slab.hpp"
#include "rules/model/timers.hpp"

namespace triaged {

/// Not thread-safe. What the constructor is given must outlive the table.
class IncidentTable {
 public:
  IncidentTable(const Bundle& bundle, const RuleList& rules, AlertTable& alerts, TimerQueue& timers,
                std::uint32_t shard);
  /// Another bundle decides from here on; the list of rules was changed already.
  void rebind(const Bundle& bundle);
  /// The list of rules has others in it.
  void read_titles();
  /// Incidents of a rule that were not published yet, in order of creation.
  [[nodiscard]] std::vector<IncidentId> unpublished(std::uint32_t rule) const;

  /// A new incident of `rule`, without members, that may be published from `hold_until` on.
  IncidentId create(std::uint32_t rule, std::string group, Time hold_until);
  /// Makes the episode a member; it leaves the incident that it was in.
  void attach(EpisodeId episode, IncidentId incident, Time clock);
  /// The episode is in no incident any more. `heir`: the one that its instances went to already.
  void detach(EpisodeId episode, Time clock, EpisodeId heir = kNoEpisode);
  /// Joins two incidents into the one with the earlier start, then the lower number; returns it.
  IncidentId merge(IncidentId a, IncidentId b, Time clock);
  /// An incident that all members have left: forgotten where it was never published, else merged into `into`.
  void settle_empty(IncidentId incident, IncidentId into, Time clock);
  /// An incident that all members have left may go on under another rule: the next create() makes it that one, so that
  /// people keep the ticket that they know. kNoIncident: the offer is over.
  void offer(IncidentId empty) { offered_ = empty; }

  /// A member grew: an instance came, its severity rose, its start moved.
  void touch(EpisodeId episode);
  /// What a document shows of a member changed otherwise.
  void show(EpisodeId episode) {
    const IncidentId id = alerts_->episode(episode).incident;
    if (id != kNoIncident) mark(id);
  }
  void on_episode_closed(EpisodeId episode, Time clock);
  void on_episode_resumed(EpisodeId episode);
  void on_hold(IncidentId incident, Time clock);
  void on_refresh(IncidentId incident);
  void on_close(IncidentId incident, Time clock);
  void set_root(IncidentId incident, std::vector<RankedService> candidates, std::vector<SymbolId> changes);
  /// The end of a finite log: nothing is held back any longer.
  void end_holds(Time clock);

  // by_hand.cpp: what people do. The caller has checked that the incident's state allows it.
  /// The incident that was given that number and is still known; kNoIncident: none.
  [[nodiscard]] IncidentId find(std::uint64_t number) const;
  /// Whether an incident ever had that number.
  [[nodiscard]] bool had(std::uint64_t number) const { return number > 0 && number < next_number_; }
  void acknowledge(IncidentId incident, const std::string& actor, Time clock);
  void assign(IncidentId incident, const std::string& assignee, const std::string& team);
  void resolve(IncidentId incident, Time clock);
  void reopen(IncidentId incident);
  /// Returns its members; they are in no incident, and those that are not over are put aside.
  std::vector<EpisodeId> close(IncidentId incident, Time clock);
  void merge_by_hand(IncidentId from, IncidentId into, const std::string& actor, Time clock);
  /// A new incident with these members of the other one, which keeps at least one. It has its number at once.
  IncidentId split(IncidentId from, const std::vector<EpisodeId>& members, const std::string& actor, Time clock);
  /// Members are where a person put them.
  void pin(IncidentId incident);
  /// New alerts of that label group join the incident.
  void take_over(IncidentId incident, GroupKey group) { rows_[incident].by_hand().also.push_back(std::move(group)); }

  /// See model/accounting.hpp.
  [[nodiscard]] std::uint64_t bytes() const { return rows_.size() * accounting::kIncident; }
  /// Incidents that are resolved and wait to be closed, the first that resolved first.
  [[nodiscard]] std::vector<IncidentId> resolved() const;
  /// Closes a resolved one before its time, for room.
  void close_early(IncidentId incident, Time clock);

  /// Incidents that lost the last member that may open one, since the last call; some may have won another since.
  [[nodiscard]] std::vector<IncidentId> take_unfounded() { return std::exchange(unfounded_, {}); }

  [[nodiscard]] bool dirty() const { return !listed_.empty() || !gone_.empty(); }
  /// Publishes what changed, in order of creation, merged ones last, and lets go of what is over. Calls `on_gone(row,
  /// id)` for each incident that leaves the table.
  void publish(Time clock, Effects& effects, auto on_gone) {
    publish_dirty(clock, effects);
    for (const IncidentId id : gone_) {
      on_gone(rows_[id], id);
      numbers_.erase(rows_[id].number);
      untally(rows_[id]);
      rows_.remove(id);
    }
    gone_.clear();
  }

  [[nodiscard]] bool has(IncidentId id) const { return rows_.has(id); }
  [[nodiscard]] const IncidentRow& row(IncidentId id) const { return rows_[id]; }
  [[nodiscard]] std::uint64_t opened() const { return next_number_ - 1; }
  [[nodiscard]] const IncidentCounts& counts() const { return counts_; }
  [[nodiscard]] const OpenedByRule& opened_by_rule() const { return opened_by_rule_; }
  void for_each(auto visit) const { rows_.for_each(visit); }
  /// The latest end of a member; kNever while one fires.
  [[nodiscard]] Time end_of(const IncidentRow& row) const;

  template <class A>
  void fields(A& a) {
    a(rows_, listed_, gone_, next_sequence_, next_number_);
    std::vector<Opened> opened;
    for (const auto& [rule, count] : opened_by_rule_) opened.push_back({rule, count});
    a(opened);
    for (const auto& [rule, count] : opened) opened_by_rule_[rule] = count;
    if constexpr (archive::Reading<A>) index_all();
  }

 private:
  struct Opened {
    std::string rule;
    std::uint64_t count = 0;
    template <class A>
    void fields(A& a) {
      a(rule, count);
    }
  };
  void publish_dirty(Time clock, Effects& effects);
  void mark(IncidentId id);
  void list(IncidentId id);
  void tally(IncidentRow& row, IncidentState state, std::uint8_t priority);
  void untally(const IncidentRow& row);
  void publish_one(IncidentId id, Time clock, Effects& effects);
  void announce(IncidentRow& row, Time clock, Effects& effects);
  void resolve_if_over(IncidentId id, Time clock);
  void let_go(IncidentId id, Time clock);
  void remember_leaving(IncidentRow& row, EpisodeId episode, EpisodeId heir = kNoEpisode);
  void rank_root(IncidentRow& row);
  /// Moves all members.
  void move_into(IncidentId from, IncidentId into, Time clock);
  /// An instance fires that no membership of this incident told of.
  [[nodiscard]] bool brings_news(const IncidentRow& row, EpisodeId episode);
  void open_again(IncidentRow& row);
  void arm_close(IncidentRow& row, IncidentId id, Time clock);
  void index_all();

  // summary.cpp
  /// Says whether the document shows the difference. `told`: only what memberships of the incident told of.
  bool add_to_summary(IncidentRow& row, EpisodeId episode, bool told = false);
  bool add_label_sets(IncidentRow& row, EpisodeId episode, bool told);
  void sum_up(IncidentRow& row);
  /// Of the members that documents told of.
  [[nodiscard]] MemberSummary told_summary(IncidentRow& row, EpisodeId leaving, EpisodeId heir);
  void rank_telling(IncidentRow& row);
  [[nodiscard]] bool more_telling(const IncidentRow& row, VariantId a, VariantId b) const;

  // document.cpp
  /// `document` is a fresh one.
  void fill(const IncidentRow& row, Time clock, IncidentDocument& document) const;
  [[nodiscard]] std::uint64_t ever_joined(const IncidentRow& row) const;
  void fill_from_services(const IncidentRow& row, IncidentDocument& document) const;
  void fill_alerts(const IncidentRow& row, IncidentDocument& document) const;
  static void fill_hand_work(const HandWork& hand, IncidentDocument& document);
  void fill_root(const IncidentRow& row, IncidentDocument& document) const;
  [[nodiscard]] std::string title(const IncidentRow& row, const IncidentDocument& document) const;
  [[nodiscard]] std::uint8_t impact(const IncidentRow& row) const;
  [[nodiscard]] std::string rule_why(const IncidentRow& row) const;

  const Bundle* bundle_;
  const RuleList* rules_;
  AlertTable* alerts_;
  TimerQueue* timers_;
  std::uint32_t shard_;
  ServiceGraph graph_;
  std::vector<std::optional<Template>> titles_;  // by rule
  Slab<IncidentId, IncidentRow> rows_;
  boost::unordered_flat_map<std::uint64_t, IncidentId> numbers_;  // of rows_ that have one
  IncidentCounts counts_;                                         // of rows_ that were published
  OpenedByRule opened_by_rule_;
  std::vector<IncidentId> listed_;
  std::vector<IncidentId> gone_;
  IncidentId offered_ = kNoIncident;
  std::vector<IncidentId> unfounded_;
  std::uint64_t next_sequence_ = 1;
  std::uint64_t next_number_ = 1;
};

}  // namespace triaged

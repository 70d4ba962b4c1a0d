// What the engine remembers of an incident while it is not closed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "rules/dedup/alert.hpp"
#include "rules/model/archive.hpp"
#include "rules/model/incident.hpp"
#include "rules/model/number.hpp"
#include "rules/model/ranked_service.hpp"

namespace triaged {

/// What a document shows of the members, kept up as they come. Losing a member means to sum up again.
struct MemberSummary {
  std::vector<VariantId> label_sets;  // ascending ids; every label set that joined
  std::vector<VariantId> telling;     // at most kShownAlerts of them, most telling first
  std::vector<ServiceId> services;    // ascending
  std::vector<ItemIndex> items;       // ascending
  SharedLabels common;                // labels that all label sets share
  Time first_start = kNever;
  Time last_start = Time::min();
  Severity severity = Severity::info;
  bool opened = false;  // a member is one that may open an incident

  template <class A>
  void fields(A& a) {
    a(label_sets, telling, services, items, common, first_start, last_start, severity, opened);
    if constexpr (archive::Renumbering<A>) {
      std::ranges::sort(services);
      std::ranges::sort(items);
    }
  }
};

inline constexpr std::size_t kShownAlerts = 50;

/// A label group: of which rule, with which values.
struct GroupKey {
  RuleIndex rule{};
  std::string group;
  bool operator==(const GroupKey&) const = default;
  template <class A>
  void fields(A& a) {
    a(rule, group);
  }
};

/// What people did to an incident.
struct HandWork {
  struct Deed {
    std::string what;  // merge, split
    std::string why;
    template <class A>
    void fields(A& a) {
      a(what, why);
    }
  };
  std::string assignee;
  std::string team;  // empty: the catalogue's
  std::string acknowledged_by;
  Time acknowledged_at{};      // unset: it is not
  Time ended_at{};             // of what was over when a person closed it
  bool resolved = false;       // by hand: members may still fire
  bool kept_open = false;      // reopened, though all members are over
  bool put = false;            // people said what belongs to it: rules do not dissolve it
  bool apart = false;          // split off: it stands in no label group
  std::vector<GroupKey> also;  // label groups that were merged into it
  std::vector<Deed> deeds;     // the newest

  template <class A>
  void fields(A& a) {
    a(assignee, team, acknowledged_by, acknowledged_at, ended_at, resolved, kept_open, put, apart, also, deeds);
  }
};

struct IncidentRow {
  std::uint64_t sequence = 0;  // order of creation
  std::uint64_t number = 0;    // 0: not published yet
  std::uint32_t revision = 0;
  IncidentState state = IncidentState::open;
  IncidentState published = IncidentState::open;
  std::uint8_t shown_priority = 0;  // in the newest document; 0: there is none
  bool listed = false;              // among those to look at when the slot closes
  bool dirty = false;               // the document changed
  bool refresh_armed = false;
  bool reviewed = false;  // the root was given by the topology solver
  RuleIndex rule{};
  std::string group;  // key among the rule's label groups; empty: none
  std::vector<EpisodeId> members;
  std::vector<EpisodeId> unannounced;  // members with instances that no membership told of yet
  std::uint32_t active = 0;            // members that are not closed
  MemberSummary summary;
  std::vector<MemberSummary> parting;  // as it was before members left; none or one
  std::vector<std::uint64_t> left;     // hashes of label sets that were told of when a member left
  Severity severity = Severity::info;  // the highest since it opened
  Time hold_until{};
  Time opened_at{};
  Time resolved_at{};
  Time closed_at{};
  Time close_due{};  // while resolved
  IncidentId merged_into = kNoIncident;
  std::uint64_t merged_into_sequence = 0;  // ids are used again
  std::uint64_t ranked_for = 0;            // label sets when the candidates were ranked by signs
  std::vector<RankedService> candidates;   // best first
  std::vector<SymbolId> changes;           // the ids of suspected changes
  std::vector<HandWork> hand_work;         // none or one

  [[nodiscard]] const HandWork& hand() const {
    static const HandWork kNone;
    return hand_work.empty() ? kNone : hand_work.front();
  }
  [[nodiscard]] HandWork& by_hand() { return hand_work.empty() ? hand_work.emplace_back() : hand_work.front(); }
  [[nodiscard]] bool published_once() const { return revision != 0; }

  template <class A>
  void fields(A& a) {
    a(sequence, number, revision, state, published, shown_priority, listed, dirty, refresh_armed, reviewed, rule, group,
      members, unannounced, active, summary, parting, left, severity, hold_until, opened_at, resolved_at, closed_at,
      close_due, merged_into, merged_into_sequence, ranked_for, changes, hand_work);
    std::uint32_t ranked = static_cast<std::uint32_t>(candidates.size());
    a(ranked);
    candidates.resize(std::min<std::size_t>(ranked, 64));
    for (RankedService& c : candidates) {
      a(c.service, c.score, c.alerts, c.instances, c.dependants, c.lead, c.changed, c.since_change);
    }
  }
};

}  // namespace triaged

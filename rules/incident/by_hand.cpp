// What people do to incidents.
#include <algorithm>
#include <utility>

#include "rules/incident/incident_table.hpp"

namespace triaged {
namespace {

// What people put together again and again must not make a document without end.
constexpr std::size_t kMostDeeds = 20;

void note(HandWork& hand, std::string what, std::string why) {
  if (hand.deeds.size() >= kMostDeeds) hand.deeds.erase(hand.deeds.begin());
  hand.deeds.push_back({std::move(what), std::move(why)});
}

}  // namespace

IncidentId IncidentTable::find(std::uint64_t number) const {
  const auto found = numbers_.find(number);
  return found == numbers_.end() ? kNoIncident : found->second;
}

void IncidentTable::index_all() {
  numbers_.clear();
  counts_ = {};
  rows_.for_each([&](IncidentId id, const IncidentRow& row) {
    if (row.shown_priority != 0) ++counts_.of(row.published, row.shown_priority);
    if (row.number != 0) numbers_.emplace(row.number, id);
  });
}

bool IncidentTable::brings_news(const IncidentRow& row, EpisodeId episode) {
  bool news = false;
  alerts_->for_each_instance(episode, [&](VariantId, const Instance& instance) {
    news = news || (instance.firing() && instance.announced != row.number);
  });
  return news;
}

void IncidentTable::open_again(IncidentRow& row) {
  row.state = IncidentState::open;
  if (row.hand_work.empty()) return;
  HandWork& hand = row.by_hand();
  hand.resolved = false;
  hand.acknowledged_at = Time{};
  hand.acknowledged_by.clear();
}

void IncidentTable::acknowledge(IncidentId id, const std::string& actor, Time clock) {
  IncidentRow& row = rows_[id];
  HandWork& hand = row.by_hand();
  row.state = IncidentState::acknowledged;
  hand.acknowledged_at = clock;
  hand.acknowledged_by = actor;
  if (hand.assignee.empty()) hand.assignee = actor;
  mark(id);
}

void IncidentTable::assign(IncidentId id, const std::string& assignee, const std::string& team) {
  HandWork& hand = rows_[id].by_hand();
  const bool same = (assignee.empty() || assignee == hand.assignee) && (team.empty() || team == hand.team);
  if (same) return;
  if (!assignee.empty()) hand.assignee = assignee;
  if (!team.empty()) hand.team = team;
  mark(id);
}

void IncidentTable::resolve(IncidentId id, Time clock) {
  IncidentRow& row = rows_[id];
  row.state = IncidentState::resolved;
  row.resolved_at = clock;
  row.by_hand().resolved = true;
  row.by_hand().kept_open = false;
  arm_close(row, id, clock);
  mark(id);
}

void IncidentTable::reopen(IncidentId id) {
  IncidentRow& row = rows_[id];
  open_again(row);
  row.by_hand().kept_open = row.active == 0;
  mark(id);
}

std::vector<EpisodeId> IncidentTable::close(IncidentId id, Time clock) {
  IncidentRow& row = rows_[id];
  if (const Time end = end_of(row); end != kNever) row.by_hand().ended_at = end;
  for (const EpisodeId member : row.members) remember_leaving(row, member);
  const std::vector<EpisodeId> members = std::exchange(row.members, {});
  row.unannounced.clear();
  row.active = 0;
  for (const EpisodeId member : members) {
    Episode& episode = alerts_->episode(member);
    episode.incident = kNoIncident;
    episode.put_by_hand = false;
    episode.reason = alerts_->symbols().id("its incident was closed by hand");
    if (!episode.closed) episode.aside = Episode::Aside::closed_by_hand;
  }
  if (row.state != IncidentState::resolved) row.resolved_at = clock;
  row.state = IncidentState::closed;
  row.closed_at = clock;
  mark(id);
  return members;
}

void IncidentTable::pin(IncidentId id) {
  rows_[id].by_hand().put = true;
  for (const EpisodeId member : rows_[id].members) alerts_->episode(member).put_by_hand = true;
}

void IncidentTable::merge_by_hand(IncidentId from, IncidentId into, const std::string& actor, Time clock) {
  const std::string& prefix = bundle_->settings.incident_prefix;
  const std::string gone = to_string(IncidentKey{shard_, rows_[from].number}, prefix);
  const std::string stays = to_string(IncidentKey{shard_, rows_[into].number}, prefix);
  note(rows_[from].by_hand(), "merge", actor + " merged it into " + stays);
  note(rows_[into].by_hand(), "merge", actor + " merged " + gone + " into it");
  move_into(from, into, clock);
  pin(into);
}

IncidentId IncidentTable::split(IncidentId from, const std::vector<EpisodeId>& members, const std::string& actor,
                                Time clock) {
  IncidentRow row;
  row.sequence = next_sequence_++;
  row.number = next_number_++;
  row.rule = rows_[from].rule;
  row.group = rows_[from].group;
  row.hold_until = clock;
  row.by_hand().apart = true;
  const IncidentId id = rows_.add(std::move(row));
  numbers_.emplace(rows_[id].number, id);
  const std::string& prefix = bundle_->settings.incident_prefix;
  note(rows_[id].by_hand(), "split",
       actor + " split it from " + to_string(IncidentKey{shard_, rows_[from].number}, prefix));
  note(rows_[from].by_hand(), "split",
       actor + " split " + to_string(IncidentKey{shard_, rows_[id].number}, prefix) + " from it");
  for (const EpisodeId member : members) attach(member, id, clock);
  rows_[from].merged_into = kNoIncident;  // what left it does not say where the rest belongs
  rank_root(rows_[id]);
  pin(id);
  pin(from);
  return id;
}

}  // namespace triaged

#include "rules/incident/incident_table.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "rules/incident/priority.hpp"
#include "rules/incident/root_cause.hpp"
#include "rules/model/check.hpp"

namespace triaged {
namespace {

// How long the end of a member may wait for a document of its own.
constexpr Duration kRefresh = std::chrono::seconds(30);

}  // namespace

IncidentTable::IncidentTable(const Bundle& bundle, const RuleList& rules, AlertTable& alerts, TimerQueue& timers,
                             std::uint32_t shard)
    : bundle_(&bundle), rules_(&rules), alerts_(&alerts), timers_(&timers), shard_(shard), graph_(bundle.catalogue) {
  read_titles();
}

void IncidentTable::rebind(const Bundle& bundle) {
  bundle_ = &bundle;
  graph_ = ServiceGraph(bundle.catalogue);
  read_titles();
}

std::vector<IncidentId> IncidentTable::unpublished(std::uint32_t rule) const {
  std::vector<IncidentId> found;
  rows_.for_each([&](IncidentId id, const IncidentRow& row) {
    if (row.rule == rule && row.number == 0 && !row.members.empty()) found.push_back(id);
  });
  std::ranges::sort(found, {}, [&](IncidentId id) { return rows_[id].sequence; });
  return found;
}

void IncidentTable::read_titles() {
  titles_.clear();
  for (const CorrelationRule& rule : *rules_) {
    auto parsed = rule.title.empty() ? std::expected<Template, TemplateError>(std::unexpected(TemplateError{}))
                                     : Template::parse(rule.title);
    titles_.push_back(parsed ? std::optional(std::move(*parsed)) : std::nullopt);
  }
}

void IncidentTable::list(IncidentId id) {
  IncidentRow& row = rows_[id];
  if (row.listed) return;
  row.listed = true;
  listed_.push_back(id);
}

void IncidentTable::mark(IncidentId id) {
  rows_[id].dirty = true;
  list(id);
}

IncidentId IncidentTable::create(std::uint32_t rule, std::string group, Time hold_until) {
  const IncidentId left = std::exchange(offered_, kNoIncident);
  if (left != kNoIncident && rows_[left].members.empty() && rows_[left].number != 0) {
    IncidentRow& row = rows_[left];
    row.sequence = next_sequence_++;  // whoever knew it under its old rule shall not find it
    row.rule = rule;
    row.group = std::move(group);
    row.reviewed = false;
    row.candidates.clear();
    row.changes.clear();
    return left;
  }
  IncidentRow row;
  row.sequence = next_sequence_++;
  row.rule = rule;
  row.group = std::move(group);
  row.hold_until = hold_until;
  const IncidentId id = rows_.add(std::move(row));
  timers_->arm(hold_until, TimerKind::hold, static_cast<std::uint32_t>(id));
  return id;
}

void IncidentTable::attach(EpisodeId episode_id, IncidentId id, Time clock) {
  Episode& episode = alerts_->episode(episode_id);
  if (episode.incident == id) return;
  const IncidentId before = episode.incident;
  if (before != kNoIncident) detach(episode_id, clock);
  IncidentRow& row = rows_[id];
  // All had left it, and nobody was told of that yet.
  if (row.members.empty()) {
    const bool known = row.hand().acknowledged_at != Time{} && row.published != IncidentState::resolved;
    row.state = row.hand().resolved ? IncidentState::resolved
                : known             ? IncidentState::acknowledged
                                    : IncidentState::open;
    std::erase(gone_, id);
  }
  if (before != kNoIncident) {
    rows_[before].merged_into = id;
    rows_[before].merged_into_sequence = row.sequence;
  }
  episode.incident = id;
  episode.reason = 0;
  episode.suppressed_by = kNoSuppression;
  episode.aside = Episode::Aside::no;
  row.members.push_back(episode_id);
  row.unannounced.push_back(episode_id);
  add_to_summary(row, episode_id);
  row.severity = std::max(row.severity, row.summary.severity);
  if (!episode.closed) {
    ++row.active;
    if (row.state == IncidentState::resolved && (!row.hand().resolved || brings_news(row, episode_id))) open_again(row);
    if (row.hand().kept_open) row.by_hand().kept_open = false;
  }
  // What is worst is not held back for a tidier picture.
  if (row.number == 0 && row.hold_until > clock && row.summary.opened &&
      priority_of(impact(row), urgency_of(row.severity)) == 1) {
    row.hold_until = clock;
  }
  if (before != kNoIncident) settle_empty(before, id, clock);
  resolve_if_over(id, clock);
  mark(id);
}

void IncidentTable::detach(EpisodeId episode_id, Time clock, EpisodeId heir) {
  Episode& episode = alerts_->episode(episode_id);
  const IncidentId id = episode.incident;
  if (id == kNoIncident) return;
  IncidentRow& row = rows_[id];
  remember_leaving(row, episode_id, heir);
  episode.incident = kNoIncident;
  row.members.erase(std::ranges::find(row.members, episode_id));
  std::erase(row.unannounced, episode_id);
  if (!episode.closed) --row.active;
  const bool was_opened = row.summary.opened;
  sum_up(row);
  if (was_opened && !row.summary.opened && !row.members.empty()) unfounded_.push_back(id);
  if (!row.members.empty()) resolve_if_over(id, clock);
  mark(id);
}

void IncidentTable::remember_leaving(IncidentRow& row, EpisodeId episode, EpisodeId heir) {
  if (row.number == 0) return;
  // Where all of them leave, the last document shows what it was that went elsewhere.
  if (row.parting.empty()) row.parting.push_back(told_summary(row, episode, heir));
  alerts_->for_each_instance(heir != kNoEpisode ? heir : episode, [&](VariantId v, const Instance& instance) {
    const std::uint64_t hash = alerts_->variant(v).hash;
    if (instance.announced == row.number && std::ranges::find(row.left, hash) == row.left.end()) {
      row.left.push_back(hash);
    }
  });
}

void IncidentTable::settle_empty(IncidentId id, IncidentId into, Time clock) {
  IncidentRow& row = rows_[id];
  if (!row.members.empty() || row.state == IncidentState::merged) return;
  if (into == kNoIncident && rows_.has(row.merged_into) &&
      rows_[row.merged_into].sequence == row.merged_into_sequence && !rows_[row.merged_into].members.empty()) {
    into = row.merged_into;  // where others of its alerts went
  }
  if (row.number != 0 && into != kNoIncident) {
    row.state = IncidentState::merged;
    row.merged_into = into;
    row.merged_into_sequence = rows_[into].sequence;
    mark(id);
    // People know the fault by now, so what it became part of can't be held back.
    rows_[into].hold_until = std::min(rows_[into].hold_until, clock);
    mark(into);
    return;
  }
  if (row.number != 0) {
    // No incident has its alerts any more: nothing can come that would open it again.
    row.state = IncidentState::closed;
    row.resolved_at = clock;
    row.closed_at = clock;
    mark(id);
    return;
  }
  let_go(id, clock);
}

IncidentId IncidentTable::merge(IncidentId a, IncidentId b, Time clock) {
  if (a == b) return a;
  const auto rank = [&](IncidentId id) {
    const IncidentRow& row = rows_[id];
    return std::tuple(row.number == 0, row.summary.first_start, row.number, row.sequence);
  };
  const auto [into, from] = rank(a) <= rank(b) ? std::pair(a, b) : std::pair(b, a);
  rows_[into].hold_until = std::min(rows_[into].hold_until, rows_[from].hold_until);
  if (rows_[from].hand().put) rows_[into].by_hand().put = true;
  move_into(from, into, clock);
  return into;
}

void IncidentTable::move_into(IncidentId from, IncidentId into, Time clock) {
  IncidentRow& left = rows_[from];
  for (const EpisodeId episode : left.members) remember_leaving(left, episode);
  const std::vector<EpisodeId> moving = std::exchange(left.members, {});
  left.unannounced.clear();
  left.active = 0;
  for (const EpisodeId episode : moving) {
    alerts_->episode(episode).incident = kNoIncident;
    attach(episode, into, clock);
  }
  settle_empty(from, into, clock);
}

void IncidentTable::touch(EpisodeId episode_id) {
  const Episode& episode = alerts_->episode(episode_id);
  if (episode.incident == kNoIncident) return;
  IncidentRow& row = rows_[episode.incident];
  if (std::ranges::find(row.unannounced, episode_id) == row.unannounced.end()) row.unannounced.push_back(episode_id);
  const bool back = row.state == IncidentState::resolved && row.hand().resolved && brings_news(row, episode_id);
  if (back) open_again(row);
  const bool shown = add_to_summary(row, episode_id) || back;
  row.severity = std::max(row.severity, row.summary.severity);
  if (shown) {
    mark(episode.incident);
  } else {
    list(episode.incident);  // a re-fire: its membership is told, and the document is as it was
  }
}

void IncidentTable::on_episode_closed(EpisodeId episode, Time clock) {
  const IncidentId id = alerts_->episode(episode).incident;
  if (id == kNoIncident) return;
  IncidentRow& row = rows_[id];
  --row.active;
  resolve_if_over(id, clock);
  if (row.active == 0) return mark(id);
  // Members of one fault end one after the other; a document for each would only bury what matters.
  if (row.refresh_armed) return;
  row.refresh_armed = true;
  timers_->arm(clock + kRefresh, TimerKind::refresh, static_cast<std::uint32_t>(id));
}

void IncidentTable::on_refresh(IncidentId id) {
  if (!rows_.has(id) || !rows_[id].refresh_armed) return;
  rows_[id].refresh_armed = false;
  if (rows_[id].number != 0) mark(id);
}

void IncidentTable::on_episode_resumed(EpisodeId episode) {
  const IncidentId id = alerts_->episode(episode).incident;
  if (id == kNoIncident) return;
  IncidentRow& row = rows_[id];
  // It may have been counted already, where it came to this incident a moment ago.
  row.active = static_cast<std::uint32_t>(
      std::ranges::count_if(row.members, [&](EpisodeId member) { return !alerts_->episode(member).closed; }));
  if (row.state == IncidentState::resolved && !row.hand().resolved) open_again(row);
  if (row.hand().kept_open) row.by_hand().kept_open = false;
  mark(id);
}

void IncidentTable::resolve_if_over(IncidentId id, Time clock) {
  IncidentRow& row = rows_[id];
  if (row.active != 0 || row.hand().kept_open) return;
  if (row.state == IncidentState::resolved && row.hand().resolved) arm_close(row, id, clock);
  if (row.state != IncidentState::open && row.state != IncidentState::acknowledged) return;
  row.state = IncidentState::resolved;
  row.resolved_at = clock;
  arm_close(row, id, clock);
}

void IncidentTable::arm_close(IncidentRow& row, IncidentId id, Time clock) {
  row.close_due = clock + bundle_->settings.close_after;
  timers_->arm(row.close_due, TimerKind::close, static_cast<std::uint32_t>(id));
}

void IncidentTable::on_hold(IncidentId id, Time clock) {
  if (rows_.has(id) && rows_[id].hold_until <= clock) mark(id);
}

void IncidentTable::on_close(IncidentId id, Time clock) {
  if (!rows_.has(id)) return;
  IncidentRow& row = rows_[id];
  // What a person resolved stays while a member fires: none shall be in no incident unseen.
  if (row.state != IncidentState::resolved || row.active > 0 || clock < row.close_due) return;
  row.state = IncidentState::closed;
  row.closed_at = clock;
  mark(id);
}

std::vector<IncidentId> IncidentTable::resolved() const {
  std::vector<IncidentId> found;
  rows_.for_each([&](IncidentId id, const IncidentRow& row) {
    if (row.state == IncidentState::resolved && row.active == 0) found.push_back(id);
  });
  std::ranges::sort(found, {}, [&](IncidentId id) { return std::pair(rows_[id].resolved_at, rows_[id].sequence); });
  return found;
}

void IncidentTable::close_early(IncidentId id, Time clock) {
  rows_[id].state = IncidentState::closed;
  rows_[id].closed_at = clock;
  mark(id);
}

void IncidentTable::end_holds(Time clock) {
  rows_.for_each([&](IncidentId id, IncidentRow& row) {
    if (row.published_once()) return;
    row.hold_until = std::min(row.hold_until, clock);
    mark(id);
  });
}

void IncidentTable::set_root(IncidentId id, std::vector<RankedService> candidates, std::vector<SymbolId> changes) {
  IncidentRow& row = rows_[id];
  row.reviewed = true;
  const bool other = row.candidates.empty() || candidates.front().service != row.candidates.front().service;
  const auto shown = [](const RankedService& c) {
    return std::tuple(c.service, c.score, c.alerts, c.instances, c.dependants, c.lead, c.changed, c.since_change);
  };
  if (!other && row.changes == changes && std::ranges::equal(row.candidates, candidates, {}, shown, shown)) return;
  row.candidates = std::move(candidates);
  row.changes = std::move(changes);
  if (other) rank_telling(row);
  mark(id);
}

void IncidentTable::rank_root(IncidentRow& row) {
  row.ranked_for = row.summary.label_sets.size();
  boost::container::small_vector<ServiceSigns, 4> signs;
  boost::container::small_vector<std::pair<ServiceId, std::uint32_t>, 16> instances;
  for (const ServiceId service : row.summary.services) signs.push_back({.service = service, .first = kNever});
  for (const VariantId v : row.summary.label_sets) {
    const Variant& variant = alerts_->variant(v);
    const auto at = std::ranges::lower_bound(signs, alerts_->alert(variant.alert).service, {}, &ServiceSigns::service);
    if (at == signs.end() || at->service != alerts_->alert(variant.alert).service) continue;
    ++at->alerts;
    instances.emplace_back(at->service, alerts_->alert(variant.alert).instance);
    at->severity = std::max(at->severity, variant.severity);
    if (!variant.instances.empty()) at->first = std::min(at->first, variant.instances.front().start);
  }
  std::ranges::sort(instances);
  instances.erase(std::ranges::unique(instances).begin(), instances.end());
  for (ServiceSigns& sign : signs) {
    sign.instances = static_cast<std::uint32_t>(
        std::ranges::count(instances, sign.service, &std::pair<ServiceId, std::uint32_t>::first));
  }
  const ServiceId before = row.candidates.empty() ? kNoService : row.candidates.front().service;
  row.candidates = rank_by_signs(graph_, signs);
  if (!row.candidates.empty() && row.candidates.front().service != before) rank_telling(row);
}

Time IncidentTable::end_of(const IncidentRow& row) const {
  Time end = Time::min();
  for (const EpisodeId member : row.members) end = std::max(end, alerts_->episode(member).end);
  return end;
}

void IncidentTable::let_go(IncidentId id, Time clock) {
  if (std::ranges::find(gone_, id) != gone_.end()) return;
  IncidentRow& row = rows_[id];
  for (const EpisodeId member : row.members) {
    alerts_->episode(member).incident = kNoIncident;
    alerts_->release(member, clock);
  }
  row.members.clear();
  gone_.push_back(id);
}

void IncidentTable::publish_dirty(Time clock, Effects& effects) {
  std::vector<IncidentId> ids = std::exchange(listed_, {});
  // What was merged comes last: it names an incident that may get its number only now.
  std::ranges::sort(
      ids, {}, [&](IncidentId id) { return std::pair(rows_[id].state == IncidentState::merged, rows_[id].sequence); });
  for (const IncidentId id : ids) publish_one(id, clock, effects);
}

void IncidentTable::publish_one(IncidentId id, Time clock, Effects& effects) {
  IncidentRow& row = rows_[id];
  row.listed = false;
  std::vector<MemberSummary> parting = std::exchange(row.parting, {});
  if (row.members.empty() && !parting.empty()) row.summary = std::move(parting.front());
  if (row.state == IncidentState::merged && rows_[row.merged_into].number == 0) {
    // What it became part of is not shown, so nobody could be sent there.
    row.state = IncidentState::closed;
    row.resolved_at = clock;
    row.closed_at = clock;
  }
  const bool changed = std::exchange(row.dirty, false);
  if (!row.reviewed && row.ranked_for != row.summary.label_sets.size()) rank_root(row);
  if (!row.published_once()) {
    if (row.members.empty() || row.hold_until > clock || !(row.summary.opened || row.hand().apart)) {
      // Over before it was ever shown, with nothing in it that opens an incident.
      if (row.state == IncidentState::closed) let_go(id, clock);
      return;
    }
    if (row.number == 0) {
      row.number = next_number_++;
      numbers_.emplace(row.number, id);
    }
    row.opened_at = clock;
    const IncidentState state = row.state;
    row.state = IncidentState::open;
    ++row.revision;
    fill(row, clock, effects.incidents.emplace_back());
    effects.incidents.back().change = IncidentChange::opened;
    tally(row, IncidentState::open, effects.incidents.back().priority);
    ++opened_by_rule_[effects.incidents.back().rule];
    row.state = state;
    announce(row, clock, effects);
    if (state == IncidentState::open) return;
  }
  if (!changed) return announce(row, clock, effects);
  row.refresh_armed = false;
  ++row.revision;
  IncidentDocument& shown = effects.incidents.emplace_back();
  fill(row, clock, shown);
  if (row.state == row.published) {
    shown.change = IncidentChange::updated;
  } else {
    switch (row.state) {
      case IncidentState::open: shown.change = IncidentChange::reopened; break;
      case IncidentState::acknowledged: shown.change = IncidentChange::acknowledged; break;
      case IncidentState::resolved: shown.change = IncidentChange::resolved; break;
      case IncidentState::closed: shown.change = IncidentChange::closed; break;
      case IncidentState::merged: shown.change = IncidentChange::merged; break;
    }
  }
  tally(row, row.state, shown.priority);
  announce(row, clock, effects);
  if (row.state == IncidentState::closed || row.state == IncidentState::merged) let_go(id, clock);
}

void IncidentTable::tally(IncidentRow& row, IncidentState state, std::uint8_t priority) {
  untally(row);
  row.published = state;
  row.shown_priority = priority;
  ++counts_.of(state, priority);
}

void IncidentTable::untally(const IncidentRow& row) {
  if (row.shown_priority != 0) --counts_.of(row.published, row.shown_priority);
}

void IncidentTable::announce(IncidentRow& row, Time clock, Effects& effects) {
  const IncidentKey key{shard_, row.number};
  for (const EpisodeId member : row.unannounced) {
    const Alert& alert = alerts_->alert_of(member);
    alerts_->for_each_instance(member, [&](VariantId v, Instance& instance) {
      if (instance.announced == row.number) return;
      const bool moved = instance.announced != 0;
      instance.announced = row.number;
      Variant& variant = alerts_->variant(v);
      effects.memberships.push_back({clock, variant.labels, instance.start, key});
      if (alert.flapping && !moved) return;  // one record said so; it stands for these
      AlertRecord& record = effects.alerts.emplace_back();
      record.at = clock;
      record.fingerprint = variant.fingerprint;
      record.labels = variant.labels;
      record.state = instance.firing() ? AlertState::firing : AlertState::resolved;
      record.starts_at = instance.start;
      record.ends_at = instance.end;
      record.incident = key;
      record.repeats = std::exchange(variant.repeats, 0);
      if (alert.service != kNoService) {
        record.service = alerts_->services().name(alert.service);
        record.known_service = alerts_->services().known(alert.service);
      }
    });
  }
  row.unannounced.clear();
}

}  // namespace triaged

// The chain of rules under a new bundle.
#include <algorithm>
#include <utility>

#include "rules/correlate/correlator.hpp"

namespace triaged {
namespace {

std::vector<ServiceId> now(const std::vector<ServiceId>& ids, const std::vector<ServiceId>& services) {
  std::vector<ServiceId> mapped;
  for (const ServiceId id : ids) mapped.push_back(services[index(id)]);
  std::ranges::sort(mapped);
  return mapped;
}

// Whether topology would see the same: what depends on what, and which services are alike.
bool same_estate(const Catalogue& last, const ServiceGraph& last_graph, const Catalogue& next,
                 const ServiceGraph& next_graph, const std::vector<ServiceId>& services) {
  if (last.services.size() != next.services.size()) return false;
  for (std::uint32_t i = 0; i < last.services.size(); ++i) {
    const ServiceId id = services[i];
    if (index(id) >= next.services.size()) return false;
    const Service& a = last.services[i];
    const Service& b = next.services[index(id)];
    if (a.tier != b.tier || a.region != b.region) return false;
    if (now(last_graph.dependencies(ServiceId{i}), services) != next_graph.dependencies(id)) return false;
  }
  return true;
}

}  // namespace

std::vector<bool> Correlator::retire(const std::vector<RuleIndex>& successors, Time clock) {
  loose_.clear();
  for (std::uint32_t rule = 0; rule < groups_.size(); ++rule) {
    if (successors[rule] != RuleList::kNoRule || rules_->retired(rule)) continue;
    Groups& groups = groups_[rule];
    if (groups.labels) groups.labels->retire(clock);
    if (groups.topology) {
      const std::vector<EpisodeId> undecided = groups.topology->retire(clock);
      loose_.insert(loose_.end(), undecided.begin(), undecided.end());
    }
    // Nobody was told of these yet.
    for (const IncidentId id : incidents_->unpublished(rule)) {
      for (const EpisodeId member : std::vector(incidents_->row(id).members)) {
        incidents_->detach(member, clock);
        alerts_->episode(member).reason = alerts_->symbols().id("rule " + (*rules_)[rule].name + " is gone");
        loose_.push_back(member);
      }
      incidents_->settle_empty(id, kNoIncident, clock);
    }
  }
  std::vector<bool> named(groups_.size());
  incidents_->for_each([&](IncidentId, const IncidentRow& row) {
    named[row.rule] = true;
    for (const GroupKey& also : row.hand().also) named[also.rule] = true;
  });
  return named;
}

void Correlator::rebind(const Rebinding& change, Time clock) {
  bundle_ = change.next;
  returns_within_ = returns_within(bundle_->settings);
  const ServiceGraph before = std::exchange(graph_, ServiceGraph(bundle_->catalogue));
  const bool same = same_estate(change.last->catalogue, before, bundle_->catalogue, graph_, *change.services);
  std::vector<Groups> groups = std::exchange(groups_, {});
  groups_.resize(rules_->size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (const RuleIndex at = (*change.rules)[i]; at != RuleList::kNoRule) groups_[at] = std::move(groups[i]);
  }
  for (std::uint32_t rule = 0; rule < groups_.size(); ++rule) {
    Groups& own = groups_[rule];
    if (own.labels) {
      own.labels->rebind((*rules_)[rule], rule, bundle_->settings);
    } else if (own.topology && rules_->retired(rule)) {
      own.topology = nullptr;
    } else if (own.topology) {
      const auto undecided = own.topology->rebind((*rules_)[rule], rule, *bundle_, !same, clock);
      loose_.insert(loose_.end(), undecided.begin(), undecided.end());
    } else {
      own = new_groups(rule);
    }
  }
  for (const EpisodeId id : std::exchange(loose_, {})) place_again(id, clock);
  std::vector<bool> others = change.others;
  for (std::size_t i = 0; i < others.size(); ++i) others[i] = others[i] || (!same && groups_[i].topology);
  if (std::ranges::find(others, true) != others.end()) look_again(others, clock);
  place_left_behind(clock);
}

void Correlator::place_again(EpisodeId id, Time clock) {
  for (Groups& groups : groups_) {
    if (groups.labels) groups.labels->forget(id);
  }
  const auto from = free_from(id);
  if (!from) return;
  if (*from == 0) return begin(id, clock);
  if (!suppressed(id)) place(id, *from, {}, clock);
}

std::optional<std::size_t> Correlator::free_from(EpisodeId id) const {
  std::size_t from = 0;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (!groups_[i].topology || !groups_[i].topology->weighs(id)) continue;
    if (!groups_[i].topology->handed_on(id)) return std::nullopt;
    from = i + 1;
  }
  return from;
}

void Correlator::look_again(const std::vector<bool>& others, Time clock) {
  std::vector<EpisodeId> unplaced;
  alerts_->for_each_episode([&](EpisodeId id, const Episode& episode) {
    const bool waits = episode.suppressed_by != kNoSuppression || episode.aside != Episode::Aside::no;
    if (!waits && !episode.closed && episode.incident == kNoIncident && episode.reason != 0) unplaced.push_back(id);
  });
  for (const EpisodeId id : unplaced) {
    const Episode& episode = alerts_->episode(id);
    if (episode.incident != kNoIncident) continue;  // one before it took it along
    auto from = free_from(id);
    if (!from) continue;
    while (*from < others.size() &&
           !(others[*from] && matches_all((*rules_)[*from].matchers, alerts_->rule_labels(id))))
      ++*from;
    if (*from >= others.size() || suppressed(id)) continue;
    for (std::size_t i = *from; i < groups_.size(); ++i) {
      if (groups_[i].labels) groups_[i].labels->forget(id);
    }
    place(id, *from, alerts_->symbols().text(episode.reason), clock);
  }
}

void Correlator::read_rules() {
  groups_.clear();
  for (std::uint32_t rule = 0; rule < rules_->size(); ++rule) groups_.push_back(new_groups(rule));
}

}  // namespace triaged

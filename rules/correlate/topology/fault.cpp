#include "rules/correlate/topology/fault.hpp"

#include <algorithm>
#include <tuple>

namespace triaged::topology {
namespace {

constexpr std::uint32_t kUnreached = UINT32_MAX;
constexpr std::int32_t kUntimely = -16'000;
constexpr std::int64_t kChangeMs = 600'000;
constexpr std::int64_t kSecondBurstMs = 45'000;
constexpr std::int32_t kSecondBurst = -5'500;
constexpr std::int64_t kEarlyMs = 1'000;  // clocks differ

}  // namespace

Scorer::Scorer(Reach& reach)
    : reach_(&reach), delays_(reach.hops()), marks_(reach.graph().size()), near_(reach.kinds() * (reach.hops() + 1)) {}

void Scorer::start(std::span<const Burst> bursts, std::span<const SuspectChange> changes, std::int64_t now) {
  bursts_ = bursts;
  changes_.assign(changes.begin(), changes.end());
  std::sort(changes_.begin(), changes_.end(), [](const SuspectChange& a, const SuspectChange& b) {
    return std::tie(a.service, a.at) < std::tie(b.service, b.at);
  });
  now_ = now;
}

const SuspectChange* Scorer::change_of(ServiceId root, std::int64_t at) const {
  const auto after = std::upper_bound(changes_.begin(), changes_.end(), SuspectChange{root, Time{Duration{at}}},
                                      [](const SuspectChange& a, const SuspectChange& b) {
                                        return std::tie(a.service, a.at) < std::tie(b.service, b.at);
                                      });
  if (after == changes_.begin()) return nullptr;
  const SuspectChange& newest = *(after - 1);
  const bool counts = newest.service == root && at - newest.at.time_since_epoch().count() <= kChangeMs;
  return counts ? &newest : nullptr;
}

bool Scorer::ever_changed(ServiceId root) const {
  const auto found = std::lower_bound(changes_.begin(), changes_.end(), root,
                                      [](const SuspectChange& change, ServiceId id) { return change.service < id; });
  return found != changes_.end() && found->service == root;
}

// Reaches what is affected and depends on affected_[from] or later.
void Scorer::walk(std::size_t from) {
  for (std::size_t i = from; i < affected_.size(); ++i) {
    const ServiceId at = affected_[i];
    const std::uint32_t next = marks_[index(at)].distance + 1;
    if (next > reach_->hops()) continue;
    for (const ServiceId dependant : reach_->graph().dependants(at)) {
      Mark& mark = marks_[index(dependant)];
      if (mark.round != round_) continue;
      if (mark.distance == kUnreached) {
        mark.distance = next;
        mark.parents = 1;
        affected_.push_back(dependant);
      } else if (mark.distance == next && mark.parents > 0) {
        ++mark.parents;
      }
    }
  }
}

// Of the orphans one that no other orphan explains: connected first, it brings the others by known dependencies.
std::size_t Scorer::topmost() const {
  for (std::size_t i = 0; i < orphans_.size(); ++i) {
    const auto& causes = reach_->graph().dependencies(orphans_[i]);
    const bool top = std::none_of(causes.begin(), causes.end(), [&](ServiceId cause) {
      return marks_[index(cause)].round == round_ && marks_[index(cause)].distance == kUnreached;
    });
    if (top) return i;
  }
  return 0;
}

// Connects a service by the likelier of two ways: through services that raised nothing, or by a dependency that the
// catalogue lacks, on any affected service of a kind that its kind usually depends on.
std::int32_t Scorer::presume(ServiceId orphan, ServiceId root) {
  std::int32_t best = kUnusual + log2_milli(affected_.size()) + delays_.reached(2, 1);
  std::uint32_t best_distance = 2;
  if (const std::uint32_t known = reach_->distance(orphan, root); known >= 2 && known != Reach::kFar) {
    best = kHiddenStep + delays_.reached(known, 1);
    best_distance = known;
  }
  for (const Habit& habit : reach_->habits(orphan)) {
    for (std::uint32_t distance = 1; distance <= reach_->hops(); ++distance) {
      const std::uint32_t count = near_[habit.on * (reach_->hops() + 1) + distance - 1];
      if (count == 0) continue;
      const std::int32_t weight = kMissingEdge + habit.usual + log2_milli(count) + delays_.reached(distance, 1);
      if (weight > best) {
        best = weight;
        best_distance = distance;
      }
    }
  }
  Mark& mark = marks_[index(orphan)];
  mark.distance = best_distance;
  mark.parents = 0;
  affected_.push_back(orphan);
  return best;
}

std::int32_t Scorer::presume_all(ServiceId root) {
  std::int32_t total = 0;
  const auto place = [&](ServiceId service) -> std::uint32_t& {
    return near_[reach_->kind(service) * (reach_->hops() + 1) + marks_[index(service)].distance];
  };
  counted_ = 0;
  while (true) {
    std::erase_if(orphans_, [&](ServiceId service) { return marks_[index(service)].distance != kUnreached; });
    if (orphans_.empty()) break;
    for (; counted_ < affected_.size(); ++counted_) ++place(affected_[counted_]);
    total += presume(orphans_[topmost()], root);
    walk(affected_.size() - 1);
  }
  for (std::size_t i = 0; i < counted_; ++i) place(affected_[i]) = 0;
  return total;
}

// Marks the fault's services and reaches those that known dependencies connect; returns what bursts beyond the first of
// a service cost.
std::int32_t Scorer::trace(const Fault& fault) {
  ++round_;
  affected_.clear();
  orphans_.clear();
  std::int32_t total = 0;
  marks_[index(fault.root)] = {round_, kUnreached, 0, 0};
  affected_.push_back(fault.root);
  for (const std::uint32_t member : fault.members) {
    const Burst& burst = bursts_[member];
    Mark& mark = marks_[index(burst.service)];
    if (mark.round != round_) {
      mark = {round_, member, kUnreached, 0};
      orphans_.push_back(burst.service);
      continue;
    }
    if (mark.burst == kUnreached) {
      mark.burst = member;
      continue;
    }
    const std::int64_t apart = burst.begin - bursts_[mark.burst].begin;
    total += apart <= kSecondBurstMs ? kSecondBurst : kUntimely;
  }
  walk(0);
  return total;
}

void Scorer::keep_connected(Fault& fault) {
  trace(fault);
  std::erase_if(fault.members,
                [&](std::uint32_t member) { return marks_[index(bursts_[member].service)].distance == kUnreached; });
}

// How the fault spreads over its services; fills affected_.
std::int32_t Scorer::spread(const Fault& fault) {
  std::int32_t total = trace(fault);
  total += presume_all(fault.root);
  for (std::size_t i = 1; i < affected_.size(); ++i) {
    const Mark& mark = marks_[index(affected_[i])];
    if (mark.parents > 0) total += delays_.reached(mark.distance, mark.parents);
  }
  return total;
}

void Scorer::vote(const Burst& burst, std::uint32_t distance) {
  if (distance == 0) {
    votes_.add(burst.begin - kRootLateMs, burst.begin - kRootEarlyMs, kRootLate - kUntimely);
    votes_.add(burst.begin - kRootEarlyMs, burst.begin + kEarlyMs, kRootEarly - kUntimely);
    return;
  }
  const std::int32_t density = delays_.density(distance);
  const std::int64_t latest = Delays::latest_ms(distance);
  votes_.add(burst.begin - latest - kSoftMs, burst.begin - latest, density + kSoftLoss - kUntimely);
  const std::int64_t least = kHopLeastMs * distance;
  votes_.add(burst.begin - latest, burst.begin - least, density - kUntimely);
  votes_.add(burst.begin - least, burst.begin, density + kSoftLoss - kUntimely);
}

std::int32_t Scorer::timeliness(const Burst& burst, std::uint32_t distance, std::int64_t began) const {
  const std::int64_t delay = burst.begin - began;
  if (distance == 0) {
    if (delay < -kEarlyMs || delay > kRootLateMs) return kUntimely;
    return delay <= kRootEarlyMs ? kRootEarly : kRootLate;
  }
  const std::int64_t latest = Delays::latest_ms(distance);
  if (delay < 0 || delay > latest + kSoftMs) return kUntimely;
  return delays_.density(distance) + (delay <= latest && delay >= kHopLeastMs * distance ? 0 : kSoftLoss);
}

// Services that depend on an affected one, should have been reached by now and raised nothing.
std::int32_t Scorer::silence(std::int64_t began) const {
  std::int32_t total = 0;
  const std::int64_t elapsed = now_ - began;
  for (const ServiceId service : affected_) {
    const std::uint32_t next = marks_[index(service)].distance + 1;
    if (next > reach_->hops()) continue;
    const std::int32_t quiet = delays_.not_reached(next, elapsed);
    for (const ServiceId dependant : reach_->graph().dependants(service)) {
      if (marks_[index(dependant)].round != round_) total += quiet;
    }
  }
  return total;
}

void Scorer::score(Fault& fault) {
  std::int32_t total = spread(fault);
  const std::uint32_t own = marks_[index(fault.root)].burst;
  total += own != kUnreached ? bursts_[own].causal : kRootSilent;
  const std::size_t first = own != kUnreached ? 0 : 1;
  if (fault.fixed != 0) {
    for (std::size_t i = first; i < affected_.size(); ++i) {
      const Mark& mark = marks_[index(affected_[i])];
      total += timeliness(bursts_[mark.burst], mark.distance, fault.began);
    }
  } else {
    std::int64_t earliest = INT64_MAX;
    for (const std::uint32_t member : fault.members) earliest = std::min(earliest, bursts_[member].begin);
    votes_.reset(earliest);
    for (std::size_t i = first; i < affected_.size(); ++i) {
      const Mark& mark = marks_[index(affected_[i])];
      vote(bursts_[mark.burst], mark.distance);
      total += kUntimely;
    }
    const StartVotes::Best best = votes_.best();
    fault.began = best.at;
    total += best.weight + log2_milli(static_cast<std::uint64_t>(best.width)) - log2_milli(1000);
    total += kFaultPrior + (change_of(fault.root, std::max(earliest, best.at)) ? kChangedBonus : kUnchanged);
  }
  fault.score = total + silence(fault.began);
}

void Scorer::appraise(const Fault& fault, std::span<std::int32_t> worth) {
  spread(fault);
  for (const std::uint32_t member : fault.members) {
    const Burst& burst = bursts_[member];
    const Mark& mark = marks_[index(burst.service)];
    worth[member] = timeliness(burst, mark.distance, fault.began);
    if (mark.distance == 0) {
      worth[member] += burst.causal;
    } else {
      worth[member] += mark.parents > 0 ? delays_.reached(mark.distance, mark.parents) : kPresumed;
    }
  }
}

std::int32_t Scorer::hope(const Fault& fault, const Burst& burst, std::int32_t stranger) {
  constexpr std::int64_t kShiftMs = 12'000;  // the fault may have begun a little earlier or later than it seems
  const std::int64_t delay = burst.begin - fault.began;
  if (delay < -kShiftMs) return kImpossible;
  const std::uint32_t distance = reach_->distance(burst.service, fault.root);
  if (distance == 0) return delay <= kRootLateMs + kShiftMs ? kRootEarly + burst.causal - kRootSilent : kImpossible;
  std::int32_t best = kImpossible;
  for (std::uint32_t d = 1; d <= reach_->hops(); ++d) {
    if (delay > Delays::latest_ms(d) + kSoftMs + kShiftMs) continue;
    best = std::max(best, delays_.density(d) + (d >= distance ? 0 : stranger));
    if (d >= distance) break;
  }
  return best;
}

}  // namespace triaged::topology

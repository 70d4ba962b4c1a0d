#include "rules/correlate/topology/search.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace triaged::topology {
namespace {

constexpr int kRounds = 3;

}  // namespace

Partition::Partition(Reach& reach, std::int64_t timespan_ms)
    : reach_(&reach), scorer_(reach), span_(std::max(timespan_ms, Delays::latest_ms(reach.hops()) + kSoftMs)) {}

void Partition::solve(std::span<const Burst> bursts, std::span<const FixedFault> fixed,
                      std::span<const SuspectChange> changes, std::int64_t now) {
  bursts_ = bursts;
  scorer_.start(bursts, changes, now);
  faults_.clear();
  changed_.clear();
  owner_.assign(bursts.size(), kNone);
  alone_.resize(bursts.size());
  baseline_.resize(bursts.size());
  for (std::uint32_t i = 0; i < bursts.size(); ++i) {
    if (bursts[i].fixed != 0) continue;
    alone_[i] = alone(i).score;
    baseline_[i] = std::max(alone_[i], bursts[i].chatter);
  }
  time_ = 0;
  passes_ = {};
  keep_fixed(fixed);
  look_around();
  cover();
  for (int round = 0; round < kRounds; ++round) {
    const bool split = split_faults();
    const bool moved = move_bursts();
    const bool merged = merge_faults();
    const bool rooted = change_roots();
    if (!split && !moved && !merged && !rooted) break;
  }
  tidy();
}

void Partition::keep_fixed(std::span<const FixedFault> fixed) {
  std::map<std::uint64_t, std::uint32_t> known;
  for (std::uint32_t i = 0; i < bursts_.size(); ++i) {
    if (bursts_[i].fixed == 0) continue;
    const auto [place, added] = known.try_emplace(bursts_[i].fixed, static_cast<std::uint32_t>(faults_.size()));
    if (added) {
      Fault fault{.root = bursts_[i].service, .fixed = bursts_[i].fixed, .began = bursts_[i].begin};
      for (const FixedFault& given : fixed) {
        if (given.fault != bursts_[i].fixed) continue;
        fault.root = given.root;
        fault.began = given.began.time_since_epoch().count();
      }
      faults_.push_back(std::move(fault));
    }
    faults_[place->second].members.push_back(i);
    owner_[i] = place->second;
  }
  kinds_in_.clear();
  for (Fault& fault : faults_) {
    scorer_.score(fault);
    kinds_in_.push_back(kinds_in(fault));
  }
  changed_.assign(faults_.size(), ++time_);
}

Fault Partition::alone(std::uint32_t burst) {
  Fault fault{.root = bursts_[burst].service, .members = {burst}};
  scorer_.score(fault);
  return fault;
}

void Partition::look_around() {
  groups_.clear();
  seen_from_.assign(reach_->graph().size(), 0);
  for (const Burst& burst : bursts_) {
    if (burst.fixed != 0) continue;
    for (const Hop& hop : reach_->causes(burst.service)) ++seen_from_[index(hop.service)];
  }
  std::uint32_t end = 0;
  for (std::uint32_t& count : seen_from_) {  // from here on: where the service's next sight goes
    if (count > 0) groups_.emplace_back(end, end + count);
    end += std::exchange(count, end);
  }
  sights_.resize(end);
  for (std::uint32_t i = 0; i < bursts_.size(); ++i) {
    if (bursts_[i].fixed != 0) continue;
    for (const Hop& hop : reach_->causes(bursts_[i].service)) {
      sights_[seen_from_[index(hop.service)]++] = {hop.service, i, hop.distance};
    }
  }
}

// The best fault at one root over bursts that are worth more in it than `worth`; false: none gains anything. The
// fault's score is then what it gains.
bool Partition::suppose(Sights sights, std::span<const std::int32_t> worth, bool only_free, Fault& fault) {
  const Delays& delays = scorer_.delays();
  std::int32_t all = 0;
  std::int64_t earliest = INT64_MAX;
  gains_.clear();
  for (const Sight& sight : sights) {
    if (only_free && owner_[sight.burst] != kNone) continue;
    const std::int32_t joined = sight.distance == 0
                                    ? kRootEarly + bursts_[sight.burst].causal
                                    : delays.density(sight.distance) + delays.reached(sight.distance, 1);
    const std::int32_t gain = joined - worth[sight.burst];
    if (gain <= 0) continue;
    all += gain;
    gains_.emplace_back(&sight, gain);
    earliest = std::min(earliest, bursts_[sight.burst].begin);
  }
  const ServiceId root = sights.front().root;
  const std::int32_t needed = -kFaultPrior - (scorer_.ever_changed(root) ? kChangedBonus : kUnchanged);
  constexpr std::int32_t kWidest = 5'000;  // what not knowing the second of a fault's beginning is worth at most
  if (all <= needed - kWidest) return false;
  const auto window = [&](const Sight& sight) {
    const std::int64_t begin = bursts_[sight.burst].begin;
    const bool own = sight.distance == 0;
    return std::pair{begin - (own ? kRootLateMs : Delays::latest_ms(sight.distance) + kSoftMs / 2),
                     begin + own * 1'000};
  };
  votes_.reset(earliest);
  for (const auto& [sight, gain] : gains_) {
    const auto [from, to] = window(*sight);
    votes_.add(from, to, gain);
  }
  const StartVotes::Best best = votes_.best();
  if (best.weight + log2_milli(static_cast<std::uint64_t>(best.width)) - log2_milli(1000) <= needed) return false;
  fault = {.root = root, .members = std::move(fault.members)};
  fault.members.clear();
  for (const auto& [sight, gain] : gains_) {
    const auto [from, to] = window(*sight);
    if (best.at >= from && best.at <= to) fault.members.push_back(sight->burst);
  }
  scorer_.keep_connected(fault);
  std::int32_t before = 0;
  for (const std::uint32_t member : fault.members) before += worth[member];
  if (fault.members.empty()) return false;
  scorer_.score(fault);
  fault.score -= before;
  return fault.score > 0;
}

void Partition::cover() {
  struct Candidate {
    Sights sights;
    Fault fault;
  };
  std::vector<Candidate> candidates;
  // As bursts find their fault a candidate gains less and less: once it gains nothing, that is for good.
  for (const auto& [from, to] : groups_) {
    const Sights sights = Sights(sights_).subspan(from, to - from);
    if (suppose(sights, baseline_, true, trial_)) candidates.push_back({sights, trial_});
  }
  while (!candidates.empty()) {
    Fault fault = std::ranges::max_element(candidates, {}, [](const Candidate& c) { return c.fault.score; })->fault;
    scorer_.score(fault);
    put(static_cast<std::uint32_t>(faults_.size()), std::move(fault));
    std::erase_if(candidates, [&](Candidate& candidate) {
      const bool stale =
          std::ranges::any_of(candidate.fault.members, [&](std::uint32_t member) { return owner_[member] != kNone; });
      return stale && !suppose(candidate.sights, baseline_, true, candidate.fault);
    });
  }
  for (std::uint32_t i = 0; i < bursts_.size(); ++i) {
    if (owner_[i] == kNone && alone_[i] > bursts_[i].chatter) {
      put(static_cast<std::uint32_t>(faults_.size()), alone(i));
    }
  }
}

// Makes `fault` the one at `at`, and the owner of its bursts.
void Partition::put(std::uint32_t at, Fault fault) {
  for (const std::uint32_t member : fault.members) owner_[member] = at;
  if (at == faults_.size()) {
    faults_.emplace_back();
    changed_.push_back(0);
    kinds_in_.push_back(0);
  }
  faults_[at] = std::move(fault);
  changed_[at] = ++time_;
  kinds_in_[at] = kinds_in(faults_[at]);
}

std::uint64_t Partition::kinds_in(const Fault& fault) const {
  if (fault.members.empty()) return 0;
  std::uint64_t bits = reach_->kind_bit(fault.root);
  for (const std::uint32_t member : fault.members) bits |= reach_->kind_bit(bursts_[member].service);
  return bits;
}

void Partition::tidy() {
  std::erase_if(faults_, [](const Fault& fault) { return fault.members.empty(); });
  for (std::uint32_t at = 0; at < faults_.size(); ++at) {
    for (const std::uint32_t member : faults_[at].members) owner_[member] = at;
  }
}

}  // namespace triaged::topology

// The moves by which a partition is improved after the greedy cover.
#include <algorithm>
#include <utility>

#include "rules/correlate/topology/search.hpp"

namespace triaged::topology {
namespace {

constexpr std::int32_t kWorthwhile = 200;
// What a burst may add beyond its own likelihood: dependencies of it that no longer look strangely quiet beside it.
constexpr std::int32_t kCompany = 5'000;
constexpr std::int32_t kStranger = -5'000;

std::vector<std::uint32_t> joined(const std::vector<std::uint32_t>& a, std::span<const std::uint32_t> b) {
  std::vector<std::uint32_t> all(a.size() + b.size());
  std::merge(a.begin(), a.end(), b.begin(), b.end(), all.begin());
  return all;
}

}  // namespace

void Partition::appraise() {
  worth_.resize(bursts_.size());
  for (std::size_t i = 0; i < bursts_.size(); ++i) worth_[i] = bursts_[i].chatter;
  for (const Fault& fault : faults_) {
    if (!fault.members.empty()) scorer_.appraise(fault, worth_);
  }
}

bool Partition::near(const Fault& fault, const Burst& burst) const {
  const std::int64_t after = burst.begin - fault.began;
  return after >= -30'000 && after <= span_;
}

// Could the fault have reached the burst's service, by known dependencies or by one that the catalogue lacks?
bool Partition::related(std::uint32_t at, const Burst& burst) {
  const Fault& fault = faults_[at];
  if (reach_->distance(burst.service, fault.root) != Reach::kFar) return true;
  if ((kinds_in_[at] & reach_->usual_bits(burst.service)) == 0) return false;
  const auto usual = [&](ServiceId on) { return reach_->usual(burst.service, reach_->kind(on)); };
  return usual(fault.root) || std::any_of(fault.members.begin(), fault.members.end(),
                                          [&](std::uint32_t member) { return usual(bursts_[member].service); });
}

bool Partition::split_faults() {
  bool any = false;
  appraise();
  const std::uint32_t last = std::exchange(passes_.split, time_);
  for (const auto& [from, to] : groups_) {
    const Sights sights = Sights(sights_).subspan(from, to - from);
    const bool fresh = std::any_of(sights.begin(), sights.end(),
                                   [&](const Sight& sight) { return changed_since(owner_[sight.burst], last); });
    any |= fresh && split_off(sights);
  }
  return any;
}

// A fault at a root of its own takes what it explains better from whoever has it.
bool Partition::split_off(Sights sights) {
  Fault fault;
  if (!suppose(sights, worth_, false, fault)) return false;
  scorer_.score(fault);
  std::int32_t gain = fault.score;
  std::vector<std::pair<std::uint32_t, Fault>> rests;
  for (const std::uint32_t member : fault.members) {
    const std::uint32_t home = owner_[member];
    if (home == kNone) {
      gain -= bursts_[member].chatter;
      continue;
    }
    if (std::any_of(rests.begin(), rests.end(), [&](const auto& rest) { return rest.first == home; })) continue;
    Fault rest = faults_[home];
    std::erase_if(rest.members, [&](std::uint32_t other) {
      return std::binary_search(fault.members.begin(), fault.members.end(), other);
    });
    rest.score = 0;
    if (!rest.members.empty()) scorer_.score(rest);
    gain += rest.score - faults_[home].score;
    rests.emplace_back(home, std::move(rest));
  }
  if (gain <= kWorthwhile) return false;
  for (auto& [home, rest] : rests) {
    scorer_.appraise(rest, worth_);
    put(home, std::move(rest));
  }
  scorer_.appraise(fault, worth_);
  put(static_cast<std::uint32_t>(faults_.size()), std::move(fault));
  return true;
}

bool Partition::move_bursts() {
  bool any = false;
  appraise();
  const std::uint32_t last = std::exchange(passes_.move, time_);
  for (std::uint32_t i = 0; i < bursts_.size(); ++i) {
    if (bursts_[i].fixed == 0) any |= move_burst(i, last) || move_branch(i, last);
  }
  return any;
}

// A burst and what depends on its service go together: the dependency that leads to them may be missing.
bool Partition::move_branch(std::uint32_t top, std::uint32_t last) {
  const std::uint32_t home = owner_[top];
  if (home == kNone || faults_[home].fixed != 0 || !changed_since(home, last)) return false;
  const Burst& burst = bursts_[top];
  std::vector<std::uint32_t> branch;
  for (const std::uint32_t member : faults_[home].members) {
    if (bursts_[member].fixed != 0) continue;
    if (reach_->distance(bursts_[member].service, burst.service) != Reach::kFar) branch.push_back(member);
  }
  if (branch.size() < 2 || branch.size() == faults_[home].members.size()) return false;
  Fault less;
  Fault more;
  std::uint32_t target = home;
  std::int32_t best = 0;
  for (std::uint32_t f = 0; f < faults_.size(); ++f) {
    const Fault& fault = faults_[f];
    if (f == home || fault.members.empty() || !near(fault, burst) || !related(f, burst)) continue;
    if (less.members.empty()) {
      less = faults_[home];
      std::erase_if(less.members,
                    [&](std::uint32_t member) { return std::binary_search(branch.begin(), branch.end(), member); });
      scorer_.score(less);
      best = faults_[home].score - less.score + kWorthwhile;
    }
    std::int32_t hoped = 0;
    for (const std::uint32_t member : branch) hoped += scorer_.hope(fault, bursts_[member], 0) + kCompany / 2;
    if (hoped <= best) continue;
    Fault with = fault;
    with.members = joined(with.members, branch);
    scorer_.score(with);
    if (with.score - fault.score <= best) continue;
    best = with.score - fault.score;
    target = f;
    more = std::move(with);
  }
  if (target == home) return false;
  scorer_.appraise(less, worth_);
  scorer_.appraise(more, worth_);
  put(home, std::move(less));
  put(target, std::move(more));
  return true;
}

bool Partition::move_burst(std::uint32_t i, std::uint32_t last) {
  const Burst& burst = bursts_[i];
  const std::uint32_t home = owner_[i];
  const bool moved_home = changed_since(home, last);
  targets_.clear();
  for (std::uint32_t f = 0; f < faults_.size(); ++f) {
    const Fault& fault = faults_[f];
    if (f == home || fault.members.empty() || !(moved_home || changed_[f] > last) || !near(fault, burst)) continue;
    if (related(f, burst) && scorer_.hope(fault, burst, kStranger) + kCompany > worth_[i]) targets_.push_back(f);
  }
  if (targets_.empty() && (!moved_home || std::max(burst.chatter, alone_[i]) <= worth_[i])) return false;
  Fault less;
  std::int32_t best = burst.chatter;
  if (home != kNone) {
    less = faults_[home];
    std::erase(less.members, i);
    less.score = 0;
    if (!less.members.empty()) scorer_.score(less);
    best = faults_[home].score - less.score;
  }
  best += kWorthwhile;
  std::uint32_t target = home;
  Fault more;
  if (burst.chatter > best) {
    best = burst.chatter;
    target = kNone;
  }
  if (alone_[i] > best && !(home != kNone && faults_[home].members.size() == 1)) {
    best = alone_[i];
    target = static_cast<std::uint32_t>(faults_.size());
    more = alone(i);
  }
  for (const std::uint32_t f : targets_) {
    trial_ = faults_[f];
    trial_.members.insert(std::lower_bound(trial_.members.begin(), trial_.members.end(), i), i);
    scorer_.score(trial_);
    if (trial_.score - faults_[f].score <= best) continue;
    best = trial_.score - faults_[f].score;
    target = f;
    std::swap(more, trial_);
  }
  if (target == home) return false;
  if (home != kNone) put(home, std::move(less));
  owner_[i] = kNone;
  if (target == kNone) {
    worth_[i] = burst.chatter;
    return true;
  }
  scorer_.appraise(more, worth_);
  put(target, std::move(more));
  return true;
}

bool Partition::merge_faults() {
  bool any = false;
  const std::uint32_t last = std::exchange(passes_.merge, time_);
  for (std::uint32_t one = 0; one < faults_.size(); ++one) {
    for (std::uint32_t two = one + 1; two < faults_.size(); ++two) {
      if (faults_[one].fixed != 0 && faults_[two].fixed != 0) continue;
      any |= (changed_[one] > last || changed_[two] > last) && merge_pair(one, two);
    }
  }
  return any;
}

bool Partition::merge_pair(std::uint32_t one, std::uint32_t two) {
  const std::int64_t apart = faults_[one].began - faults_[two].began;
  if (faults_[one].members.empty() || faults_[two].members.empty() || apart > span_ || apart < -span_) return false;
  Fault best;
  best.score = faults_[one].score + faults_[two].score + kWorthwhile;
  bool found = false;
  for (const auto& [keeps, goes] : {std::pair{one, two}, std::pair{two, one}}) {
    const Fault& kept = faults_[keeps];
    const Fault& gone = faults_[goes];
    if (gone.fixed != 0) continue;
    std::int32_t hoped = kept.score;
    for (const std::uint32_t member : gone.members) hoped += scorer_.hope(kept, bursts_[member], 0) + kCompany / 2;
    if (hoped <= best.score) continue;
    if (std::none_of(gone.members.begin(), gone.members.end(),
                     [&, at = keeps](std::uint32_t member) { return related(at, bursts_[member]); })) {
      continue;
    }
    trial_ = kept;
    trial_.members = joined(kept.members, gone.members);
    scorer_.score(trial_);
    if (trial_.score <= best.score) continue;
    std::swap(best, trial_);
    found = true;
  }
  if (!found) return false;
  put(one, std::move(best));
  put(two, {});
  return true;
}

// Services whose failure would explain most of a fault, the present root first.
std::vector<ServiceId> Partition::plausible_roots(const Fault& fault) {
  constexpr std::size_t kMost = 12;
  votes_for_.resize(reach_->graph().size());
  std::vector<ServiceId> named;
  for (const std::uint32_t member : fault.members) {
    for (const Hop& hop : reach_->causes(bursts_[member].service)) {
      std::uint32_t& count = votes_for_[index(hop.service)];
      if (count == 0) named.push_back(hop.service);
      count += hop.distance == 0 ? 2 : 1;
    }
  }
  std::vector<std::pair<std::uint32_t, ServiceId>> ranked;
  for (const ServiceId service : named) ranked.emplace_back(std::exchange(votes_for_[index(service)], 0), service);
  const auto better = [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  };
  std::partial_sort(ranked.begin(), ranked.begin() + std::min(ranked.size(), kMost), ranked.end(), better);
  std::vector<ServiceId> roots{fault.root};
  for (const auto& [count, service] : ranked) {
    if (roots.size() == kMost) break;
    if (service != fault.root) roots.push_back(service);
  }
  return roots;
}

bool Partition::change_roots() {
  bool any = false;
  const std::uint32_t last = std::exchange(passes_.root, time_);
  for (std::uint32_t at = 0; at < faults_.size(); ++at) {
    if (changed_[at] <= last || faults_[at].members.empty() || faults_[at].fixed != 0) continue;
    Fault other = faults_[at];
    for (const ServiceId root : plausible_roots(faults_[at])) {
      if (root == faults_[at].root) continue;
      other.root = root;
      scorer_.score(other);
      if (other.score <= faults_[at].score + kWorthwhile) continue;
      put(at, other);
      any = true;
    }
  }
  return any;
}

std::vector<Fault> Partition::rivals(const Fault& fault, std::size_t most) {
  std::vector<Fault> all;
  if (fault.fixed == 0) {
    Fault other = fault;
    for (const ServiceId root : plausible_roots(fault)) {
      if (root == fault.root) continue;
      other.root = root;
      scorer_.score(other);
      all.push_back({.root = root, .began = other.began, .score = other.score});
    }
  }
  std::sort(all.begin(), all.end(),
            [](const Fault& a, const Fault& b) { return a.score != b.score ? a.score > b.score : a.root < b.root; });
  all.insert(all.begin(), {.root = fault.root, .fixed = fault.fixed, .began = fault.began, .score = fault.score});
  if (all.size() > most) all.resize(most);
  return all;
}

}  // namespace triaged::topology

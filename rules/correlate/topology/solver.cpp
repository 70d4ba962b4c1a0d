#include "rules/correlate/topology/solver.hpp"

#include <algorithm>
#include <utility>

#include "rules/correlate/topology/likelihood.hpp"
#include "rules/correlate/topology/search.hpp"

namespace triaged {

namespace {

constexpr std::size_t kMostCandidates = 5;

}  // namespace

class TopologySolver::Search {
 public:
  Search(const ServiceGraph& graph, std::vector<std::uint32_t> kinds, const TopologyParameters& parameters)
      : reach_(graph, kinds, parameters.hops), partition_(reach_, parameters.timespan.count()) {}

  std::vector<Explanation> explain(const Window& window) {
    topology::gather(window.onsets, window.history.count(), bursts_);
    partition_.solve(bursts_.bursts, window.fixed, window.changes, window.now.time_since_epoch().count());
    std::vector<Explanation> all;
    for (const topology::Fault& fault : partition_.faults()) all.push_back(told(window, fault));
    for (std::size_t i = 0; i < bursts_.bursts.size(); ++i) {
      if (partition_.owner()[i] != topology::Partition::kNone) continue;
      const topology::Burst& burst = bursts_.bursts[i];
      for (std::uint32_t at = burst.from; at < burst.to; ++at) {
        const Onset& onset = window.onsets[bursts_.order[at]];
        Explanation lone{.began = onset.start, .lone = true, .onsets = {onset.id}};
        lone.candidates.push_back({.service = onset.service, .score = 1000, .alerts = 1, .instances = 1});
        all.push_back(std::move(lone));
      }
    }
    std::sort(all.begin(), all.end(),
              [](const Explanation& a, const Explanation& b) { return a.onsets.front() < b.onsets.front(); });
    return all;
  }

 private:
  Explanation told(const Window& window, const topology::Fault& fault) {
    Explanation out{.fixed = fault.fixed, .began = Time{Duration{fault.began}}};
    for (const std::uint32_t member : fault.members) {
      const topology::Burst& burst = bursts_.bursts[member];
      for (std::uint32_t at = burst.from; at < burst.to; ++at) {
        out.onsets.push_back(window.onsets[bursts_.order[at]].id);
      }
    }
    std::sort(out.onsets.begin(), out.onsets.end());
    out.lone = out.onsets.size() == 1 && fault.fixed == 0;
    const std::vector<topology::Fault> rivals = partition_.rivals(fault, kMostCandidates);
    std::int32_t best = rivals.front().score;
    for (const topology::Fault& rival : rivals) best = std::max(best, rival.score);
    std::int64_t sum = 0;
    for (const topology::Fault& rival : rivals) sum += topology::exp2_millionth(best - rival.score);
    for (const topology::Fault& rival : rivals) {
      RankedService ranked = facts(rival.root, fault.members);
      ranked.score = static_cast<std::int32_t>(topology::exp2_millionth(best - rival.score) * 1000 / sum);
      out.candidates.push_back(ranked);
    }
    return out;
  }

  RankedService facts(ServiceId root, std::span<const std::uint32_t> members) {
    RankedService out{.service = root};
    std::int64_t own = INT64_MAX;
    std::int64_t other = INT64_MAX;
    std::vector<ServiceId> seen;
    for (const std::uint32_t member : members) {
      const topology::Burst& burst = bursts_.bursts[member];
      if (burst.service == root) {
        out.alerts += burst.to - burst.from;
        out.instances = std::max(out.instances, burst.instances);
        own = std::min(own, burst.begin);
        continue;
      }
      other = std::min(other, burst.begin);
      const bool depends = reach_.distance(burst.service, root) != topology::Reach::kFar;
      if (depends && std::find(seen.begin(), seen.end(), burst.service) == seen.end()) seen.push_back(burst.service);
    }
    out.dependants = static_cast<std::uint32_t>(seen.size());
    if (own != INT64_MAX && other != INT64_MAX) out.lead = Duration{other - own};
    const std::int64_t first = std::min(own, other);
    if (const SuspectChange* change = partition_.scorer().change_of(root, first)) {
      out.changed = true;
      out.since_change = Duration{first} - change->at.time_since_epoch();
    }
    return out;
  }

  topology::Reach reach_;
  topology::Bursts bursts_;
  topology::Partition partition_;
};

TopologySolver::TopologySolver(const ServiceGraph& graph, std::vector<std::uint32_t> kinds,
                               const TopologyParameters& parameters)
    : search_(std::make_unique<Search>(graph, std::move(kinds), parameters)) {}
TopologySolver::~TopologySolver() = default;
TopologySolver::TopologySolver(TopologySolver&&) noexcept = default;
TopologySolver& TopologySolver::operator=(TopologySolver&&) noexcept = default;

std::vector<Explanation> TopologySolver::explain(const Window& window) { return search_->explain(window); }

}  // namespace triaged

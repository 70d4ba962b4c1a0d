// Explains alerts by faults: which services' alerts have one cause, and which service is it.
// A pure function of its arguments: no clock, integers only. docs/decisions/0002-topology-correlation.md has the model.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "rules/model/catalogue.hpp"
#include "rules/model/ranked_service.hpp"
#include "rules/model/severity.hpp"
#include "rules/model/time.hpp"

namespace triaged {

/// One alert that began to fire.
struct Onset {
  std::uint64_t id = 0;  // the caller's; comes back in Explanation
  ServiceId service = kNoService;
  Time start{};
  std::uint32_t name = 0;      // equal for equal alert names
  std::uint32_t instance = 0;  // equal for equal instances of the service; 0: none
  Severity severity = Severity::warning;
  /// How often this very alert (service, name, instance) began to fire before, repeats and flaps that dedup folded not
  /// counted. Habits are found by it.
  std::uint32_t earlier = 0;
  /// A fault (FixedFault::fault) that this onset was assigned to for good. 0: free.
  std::uint64_t fixed = 0;
};

/// A fault that earlier calls found and that is settled: only its members may still grow.
struct FixedFault {
  std::uint64_t fault = 0;  // not 0
  ServiceId root = kNoService;
  Time began{};
};

/// A change on a service, which makes it a likelier cause of what follows.
struct SuspectChange {
  ServiceId service = kNoService;
  Time at{};
};

struct TopologyParameters {
  std::uint32_t hops = 4;
  Duration timespan = std::chrono::minutes(3);
  friend bool operator==(const TopologyParameters&, const TopologyParameters&) = default;
};

/// One fault as the solver sees it.
struct Explanation {
  std::uint64_t fixed = 0;  // the FixedFault; 0: a new one
  Time began{};             // the most plausible start of the fault
  /// Nothing connects it and nothing marks it as a fault: one alert, or habits. Best left to other rules.
  bool lone = false;
  std::vector<RankedService> candidates = {};  // best first; never empty, at most 5
  std::vector<std::uint64_t> onsets = {};      // ids, ascending
};

/// Keeps what it learns about the graph and its working memory between calls, so it belongs to one thread; results
/// depend on the arguments alone.
class TopologySolver {
 public:
  /// `graph` must outlive the solver. `kinds`: for each service a number, equal for services that the catalogue
  /// describes alike (say, same tier and region); a dependency that the catalogue lacks is presumed where such kinds
  /// usually depend on each other. May be empty: all alike.
  TopologySolver(const ServiceGraph& graph, std::vector<std::uint32_t> kinds, const TopologyParameters& parameters);
  ~TopologySolver();
  TopologySolver(TopologySolver&&) noexcept;
  TopologySolver& operator=(TopologySolver&&) noexcept;

  /// What one call looks at. `onsets` in any order, each of a service in the graph.
  struct Window {
    std::span<const Onset> onsets;
    std::span<const FixedFault> fixed;       // each that an onset names; others are ignored
    std::span<const SuspectChange> changes;  // of the last ten minutes before the first onset or later
    Time now{};                              // event time that the log has reached: silence until then is evidence
    Duration history{};                      // how long the log is that Onset::earlier counts over
  };

  /// Partitions the onsets into faults. The result depends on the set of onsets alone, not on their order. Two fixed
  /// faults are never merged, and their fixed onsets come back in them.
  [[nodiscard]] std::vector<Explanation> explain(const Window& window);

 private:
  class Search;
  std::unique_ptr<Search> search_;
};

}  // namespace triaged

// Explains bursts of alerts by faults: which services' alerts have one cause, and which service is it.
// A pure function: no state, no clock, integers only.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rules/model/catalogue.hpp"
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
  /// How unusual it is in the log so far, in 1/1000 bit: 0 for a daily habit.
  std::int32_t surprise = 0;
  /// A fault that this onset was assigned to for good: it must come back there. 0: free.
  std::uint64_t fixed = 0;
};

/// A change on a service, which makes it a likelier cause of what follows.
struct SuspectChange {
  ServiceId service = kNoService;
  Time at{};
};

struct TopologyParameters {
  std::uint32_t hops = 4;
  Duration timespan = std::chrono::minutes(3);
};

struct RankedService {
  ServiceId service = kNoService;
  std::int32_t score = 0;  // 0 to 1000
  std::string why;
};

/// One fault as the solver sees it.
struct Explanation {
  std::uint64_t fixed = 0;                // the fault that its fixed onsets named; 0: a new one
  std::vector<RankedService> candidates;  // best first; never empty
  std::vector<std::uint64_t> onsets;      // ids, ascending
};

/// Partitions `onsets` (each of a service that is in the graph) into faults. The result depends on the set of onsets
/// alone, not on their order. Onsets that nothing connects come back as explanations of their own.
[[nodiscard]] std::vector<Explanation> explain(const ServiceGraph& graph, std::span<const Onset> onsets,
                                               std::span<const SuspectChange> changes,
                                               const TopologyParameters& parameters);

}  // namespace triaged

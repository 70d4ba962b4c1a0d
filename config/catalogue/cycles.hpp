// Cycles in a graph of dependencies.
#pragma once

#include <cstdint>
#include <vector>

namespace triaged::config {

using Edges = std::vector<std::vector<std::uint32_t>>;

struct Cycle {
  std::vector<std::uint32_t> path;  // each depends on the next, the last on the first; begins with the lowest index
  std::size_t tangle = 0;           // how many nodes reach each other; more than the path has: there are other cycles
};

/// One for each set of nodes that all reach each other: a shortest through its lowest node. Ascending. Linear time.
[[nodiscard]] std::vector<Cycle> find_cycles(const Edges& edges);

}  // namespace triaged::config

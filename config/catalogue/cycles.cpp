#include "config/catalogue/cycles.hpp"

#include <algorithm>
#include <deque>

namespace triaged::config {
namespace {

constexpr std::uint32_t kNone = UINT32_MAX;

// Tarjan's strongly connected components with a stack of its own: a chain of dependencies may be very long.
class Components {
 public:
  explicit Components(const Edges& edges)
      : edges_(edges), order_(edges.size(), kNone), low_(edges.size(), 0), component_(edges.size(), kNone) {
    for (std::uint32_t node = 0; node < edges.size(); ++node) {
      if (order_[node] == kNone) visit(node);
    }
  }
  /// Equal for nodes that reach each other.
  [[nodiscard]] std::uint32_t of(std::uint32_t node) const { return component_[node]; }
  [[nodiscard]] std::uint32_t size(std::uint32_t component) const { return sizes_[component]; }

 private:
  struct Step {
    std::uint32_t node;
    std::size_t next_edge = 0;
  };

  void visit(std::uint32_t root) {
    enter(root);
    while (!steps_.empty()) {
      Step& step = steps_.back();
      const std::uint32_t node = step.node;
      if (step.next_edge < edges_[node].size()) {
        const std::uint32_t to = edges_[node][step.next_edge++];
        if (order_[to] == kNone) {
          enter(to);
        } else if (component_[to] == kNone) {
          low_[node] = std::min(low_[node], order_[to]);
        }
        continue;
      }
      steps_.pop_back();
      if (!steps_.empty()) low_[steps_.back().node] = std::min(low_[steps_.back().node], low_[node]);
      if (low_[node] == order_[node]) close(node);
    }
  }

  void enter(std::uint32_t node) {
    order_[node] = low_[node] = next_order_++;
    open_.push_back(node);
    steps_.push_back({node});
  }

  void close(std::uint32_t root) {
    const auto component = static_cast<std::uint32_t>(sizes_.size());
    sizes_.push_back(0);
    std::uint32_t node = kNone;
    do {
      node = open_.back();
      open_.pop_back();
      component_[node] = component;
      ++sizes_[component];
    } while (node != root);
  }

  const Edges& edges_;
  std::vector<std::uint32_t> order_;
  std::vector<std::uint32_t> low_;
  std::vector<std::uint32_t> component_;
  std::vector<std::uint32_t> sizes_;
  std::vector<std::uint32_t> open_;
  std::vector<Step> steps_;
  std::uint32_t next_order_ = 0;
};

// Breadth first from `start` back to it, within its component.
std::vector<std::uint32_t> shortest_cycle(const Edges& edges, const Components& components, std::uint32_t start,
                                          std::vector<std::uint32_t>& came_from) {
  std::deque<std::uint32_t> queue{start};
  while (!queue.empty()) {
    const std::uint32_t node = queue.front();
    queue.pop_front();
    for (const std::uint32_t to : edges[node]) {
      if (to == start) {
        std::vector<std::uint32_t> path;
        for (std::uint32_t at = node; at != start; at = came_from[at]) path.push_back(at);
        path.push_back(start);
        std::reverse(path.begin(), path.end());
        return path;
      }
      if (components.of(to) != components.of(start) || came_from[to] != kNone) continue;
      came_from[to] = node;
      queue.push_back(to);
    }
  }
  return {};
}

}  // namespace

std::vector<Cycle> find_cycles(const Edges& edges) {
  const Components components(edges);
  std::vector<bool> seen(edges.size(), false);
  std::vector<std::uint32_t> came_from(edges.size(), kNone);
  std::vector<Cycle> cycles;
  for (std::uint32_t node = 0; node < edges.size(); ++node) {
    const std::uint32_t component = components.of(node);
    if (seen[component]) continue;
    seen[component] = true;
    auto path = shortest_cycle(edges, components, node, came_from);
    if (!path.empty()) cycles.push_back({std::move(path), components.size(component)});
  }
  return cycles;
}

}  // namespace triaged::config

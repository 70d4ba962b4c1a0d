// The services around some services, for finding what a new alert may have to do with.
#pragma once

#include <cstdint>
#include <vector>

#include "rules/model/catalogue.hpp"

namespace triaged {

/// A set of services that grows by a service and all that lie within two edges of it, whichever way the edges point:
/// its dependencies and dependants, and what shares one with it. Reusable; clearing costs nothing.
class Neighbourhood {
 public:
  void clear(std::size_t services) {
    marks_.resize(services);
    ++now_;
  }
  void add(const ServiceGraph& graph, ServiceId centre) {
    std::size_t budget = kMost;
    mark(centre);
    for (const auto* ring : {&graph.dependencies(centre), &graph.dependants(centre)}) {
      for (const ServiceId next : *ring) {
        mark(next);
        for (const auto* outer : {&graph.dependencies(next), &graph.dependants(next)}) {
          for (const ServiceId far : *outer) {
            if (budget-- == 0) return;
            mark(far);
          }
        }
      }
    }
  }
  [[nodiscard]] bool has(ServiceId id) const { return index(id) < marks_.size() && marks_[index(id)] == now_; }

 private:
  /// A hub has too many neighbours for any of them to mean much.
  static constexpr std::size_t kMost = 2000;

  void mark(ServiceId id) { marks_[index(id)] = now_; }
  std::vector<std::uint64_t> marks_;
  std::uint64_t now_ = 0;
};

}  // namespace triaged

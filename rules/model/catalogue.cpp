#include "rules/model/catalogue.hpp"

#include <algorithm>

namespace triaged {

ServiceGraph::ServiceGraph(const Catalogue& catalogue)
    : dependencies_(catalogue.services.size()), dependants_(catalogue.services.size()) {
  for (std::size_t from = 0; from < catalogue.services.size(); ++from) {
    for (const auto& dependency : catalogue.services[from].depends_on) {
      for (const ServiceId to : dependency.of) {
        if (index(to) == from) continue;
        dependencies_[from].push_back(to);
        dependants_[index(to)].push_back(ServiceId{static_cast<std::uint32_t>(from)});
      }
    }
  }
  for (auto* edges : {&dependencies_, &dependants_}) {
    for (auto& list : *edges) {
      std::sort(list.begin(), list.end());
      list.erase(std::unique(list.begin(), list.end()), list.end());
    }
  }
}

}  // namespace triaged

// The service catalogue: services, configuration items, and what depends on what.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rules/match/matcher.hpp"
#include "rules/model/origin.hpp"

namespace triaged {

/// An index: first the catalogue's services in the order of their declaration, then services that only alerts named.
enum class ServiceId : std::uint32_t {};
inline constexpr ServiceId kNoService{UINT32_MAX};
[[nodiscard]] constexpr std::size_t index(ServiceId id) { return static_cast<std::size_t>(id); }

/// `needs` of the services in `of` must be up. A plain name in `depends_on` is {needs: 1, of: [name]}.
struct Dependency {
  std::uint32_t needs = 1;
  std::vector<ServiceId> of;
};

struct Service {
  std::string name;
  std::string tier;
  std::string owner;
  std::string region;
  std::string supplier;
  std::vector<std::string> customers;
  std::vector<std::string> runs_on;  // names of configuration items
  std::vector<Matchers> matchers;    // an alert that one of these takes belongs to this service
  std::vector<Dependency> depends_on;
  std::string runbook;
  Origin origin;
};

struct ConfigurationItem {
  std::string name;
  std::string type;
  std::string supplier;
  std::vector<Matchers> matchers;
  Origin origin;
};

struct Catalogue {
  std::vector<Service> services;
  std::vector<ConfigurationItem> items;
};

/// The dependency graph, both ways, duplicates removed, in index order. Services that alerts alone name have no edges.
class ServiceGraph {
 public:
  ServiceGraph() = default;
  explicit ServiceGraph(const Catalogue& catalogue);

  /// What `id` depends on.
  [[nodiscard]] const std::vector<ServiceId>& dependencies(ServiceId id) const { return edges(dependencies_, id); }
  /// What depends on `id`.
  [[nodiscard]] const std::vector<ServiceId>& dependants(ServiceId id) const { return edges(dependants_, id); }
  [[nodiscard]] bool connected(ServiceId id) const { return !dependencies(id).empty() || !dependants(id).empty(); }
  [[nodiscard]] std::size_t size() const { return dependencies_.size(); }

 private:
  using Edges = std::vector<std::vector<ServiceId>>;
  static const std::vector<ServiceId>& edges(const Edges& edges, ServiceId id) {
    static const std::vector<ServiceId> kNone;
    return index(id) < edges.size() ? edges[index(id)] : kNone;
  }
  Edges dependencies_;
  Edges dependants_;
};

}  // namespace triaged

// From an alert's labels to its service and configuration items.
#pragma once

#include <string_view>
#include <vector>

#include "rules/model/catalogue.hpp"
#include "rules/model/labels.hpp"

namespace triaged {

struct Enrichment {
  /// The service's name: that of the catalogue's service whose matchers take the alert, else the label `service`, else
  /// `namespace`, else `job`; empty where the alert has none of them. A view of the labels or of the catalogue.
  std::string_view service;
  ServiceId id = kNoService;         // kNoService: the catalogue lacks it
  std::vector<std::uint32_t> items;  // indices into Catalogue::items, ascending
};

/// Indexed by label name and value, so that cost does not grow with the catalogue. Immutable, thread-safe.
class Enricher {
 public:
  Enricher() = default;
  /// `catalogue` must outlive the enricher.
  explicit Enricher(const Catalogue& catalogue);
  [[nodiscard]] Enrichment enrich(LabelsView labels) const;

 private:
  // Matchers of one service or item that must all hold. The first `=` matcher is the index key; groups without one are
  // tried for every alert.
  struct Group {
    const Matchers* matchers = nullptr;
    std::uint32_t owner = 0;
  };
  struct Index;
  std::shared_ptr<const Index> index_;
};

}  // namespace triaged

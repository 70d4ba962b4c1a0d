// From an alert's labels to its service and configuration items.
#pragma once

#include <cstdint>
#include <memory>
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

/// Indexed by label name and value, so that cost does not grow with the catalogue: of the services that an alert's
/// labels lead to, the one declared first wins. Immutable, thread-safe.
class Enricher {
 public:
  Enricher() = default;
  /// `catalogue` must outlive the enricher.
  explicit Enricher(const Catalogue& catalogue);
  [[nodiscard]] Enrichment enrich(LabelsView labels) const;

 private:
  struct Index;
  std::shared_ptr<const Index> index_;
};

}  // namespace triaged

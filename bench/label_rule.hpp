// The rules of the engine benchmarks: incidents by (service, region), nothing held, nothing left out.
#pragma once

#include <memory>

#include "rules/model/bundle.hpp"

namespace bench {

inline std::shared_ptr<const triaged::Bundle> label_bundle() {
  triaged::CorrelationRule rule;
  rule.name = "same-service";
  rule.origin = {.file = "bench", .line = 1};
  rule.by = triaged::ByLabels{.labels = {"service", "region"}};
  rule.hold = triaged::Duration{0};
  auto bundle = std::make_shared<triaged::Bundle>();
  bundle->sources.push_back({.name = "bench"});
  bundle->correlate.push_back(std::move(rule));
  return bundle;
}

}  // namespace bench

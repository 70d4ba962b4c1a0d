// Changes as NDJSON: {"id", "service", "kind", "implementedAt"} a line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connectors/wire/alert_batch.hpp"
#include "rules/model/time.hpp"

namespace triaged::wire {

struct DecodedChange {
  std::string id;
  std::string service;
  std::string kind;  // empty: not told
  Time implemented_at{};
};

/// All of a file; a line that can't be used is rejected alone. Order is kept. `id` and `service` are needed, texts of
/// at most 1 KiB; `implementedAt` lies in 2000 to 2100; unknown fields are no fault, a key that stands twice is one.
void decode_changes(std::string_view text, std::vector<DecodedChange>& changes, std::vector<Rejection>& rejections);

}  // namespace triaged::wire

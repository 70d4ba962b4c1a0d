// One alert: a JSON object → an entry of an AlertBatch. Only files of connectors/wire include this.
#pragma once

#include <cstdint>
#include <optional>

#include "connectors/wire/alert/alert_parts.hpp"
#include "connectors/wire/alert_decoder.hpp"
#include "connectors/wire/json_reader.hpp"

namespace triaged::wire {

/// Not thread-safe; reused.
class AlertReader {
 public:
  explicit AlertReader(const AlertLimits& limits) : limits_(limits) {}

  /// Appends the alert, or nothing where it has a fault. `reader` is the one that parsed it.
  std::optional<Fault> read(JsonReader& reader, simdjson::dom::element alert, std::uint64_t line, AlertBatch& batch);

 private:
  std::optional<Fault> read_fields(JsonReader& reader, simdjson::dom::object alert);
  std::optional<Fault> read_labels(simdjson::dom::element value);
  std::optional<Fault> read_annotations(simdjson::dom::element value);

  const AlertLimits limits_;
  AlertParts parts_;
};

}  // namespace triaged::wire

// The parts of one alert between its text and the batch. Only files of connectors/wire include this.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "connectors/wire/alert/label_pairs.hpp"
#include "connectors/wire/alert_batch.hpp"
#include "rules/model/time.hpp"

namespace triaged::wire {

enum class AlertField : unsigned { labels, annotations, starts_at, ends_at, received_at, unknown };

/// What the key of an alert object means.
[[nodiscard]] AlertField alert_field(std::string_view key);

/// Views of the text, or of what it was parsed into. Keeps its memory from alert to alert.
struct AlertParts {
  LabelPairs labels;
  LabelPairs annotations;
  std::vector<std::string_view> unknown;  // keys
  std::optional<Time> starts_at;
  std::optional<Time> ends_at;
  std::optional<Time> received_at;

  void clear();
  /// The key of an unknown field that stands twice, if one does. Sorts the keys.
  std::optional<std::string_view> unknown_twice();
  /// endsAt before startsAt.
  [[nodiscard]] bool ends_before_it_starts() const { return starts_at && ends_at && *ends_at < *starts_at; }
  /// Labels and annotations must be sorted.
  void append_to(AlertBatch& batch, std::uint64_t line) const;
};

}  // namespace triaged::wire

// Alerts on their way from a decoder to a core thread: values in one arena, no view into anyone else's memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/labels.hpp"
#include "rules/model/time.hpp"

namespace triaged::wire {

/// Something that could not be used, and why.
struct Rejection {
  std::uint64_t line = 0;  // 1-based, in the input as a whole
  std::string reason;      // for people; no newline, control characters escaped
  std::string code;        // for metrics: malformed_json, labels, too_large, time, utf8, …
};

class AlertBatch {
 public:
  struct Entry {
    std::uint64_t line = 0;
    std::size_t labels_at = 0;  // offsets into the arena
    std::uint32_t labels_size = 0;
    std::uint32_t annotations_size = 0;  // right behind the labels
    std::optional<Time> starts_at;
    std::optional<Time> ends_at;
    std::optional<Time> received_at;
  };

  [[nodiscard]] LabelsView labels(const Entry& entry) const {
    return LabelsView(std::string_view(arena).substr(entry.labels_at, entry.labels_size));
  }
  [[nodiscard]] LabelsView annotations(const Entry& entry) const {
    return LabelsView(std::string_view(arena).substr(entry.labels_at + entry.labels_size, entry.annotations_size));
  }
  void clear() {
    arena.clear();
    entries.clear();
    rejections.clear();
  }

  std::string arena;
  std::vector<Entry> entries;
  std::vector<Rejection> rejections;
};

}  // namespace triaged::wire

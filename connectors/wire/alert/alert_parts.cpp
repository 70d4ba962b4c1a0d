#include "connectors/wire/alert/alert_parts.hpp"

#include <algorithm>

namespace triaged::wire {

AlertField alert_field(std::string_view key) {
  switch (key.size()) {
    case 6:
      if (key == "labels") return AlertField::labels;
      if (key == "endsAt") return AlertField::ends_at;
      break;
    case 8:
      if (key == "startsAt") return AlertField::starts_at;
      break;
    case 10:
      if (key == "receivedAt") return AlertField::received_at;
      break;
    case 11:
      if (key == "annotations") return AlertField::annotations;
      break;
    default: break;
  }
  return AlertField::unknown;
}

void AlertParts::clear() {
  labels.clear();
  annotations.clear();
  unknown.clear();
  starts_at.reset();
  ends_at.reset();
  received_at.reset();
}

std::optional<std::string_view> AlertParts::unknown_twice() {
  if (unknown.size() < 2) return std::nullopt;
  std::sort(unknown.begin(), unknown.end());
  const auto twice = std::adjacent_find(unknown.begin(), unknown.end());
  if (twice == unknown.end()) return std::nullopt;
  return *twice;
}

void AlertParts::append_to(AlertBatch& batch, std::uint64_t line) const {
  AlertBatch::Entry& entry = batch.entries.emplace_back();
  entry.line = line;
  entry.labels_at = batch.arena.size();
  entry.labels_size = static_cast<std::uint32_t>(labels.canonical_size());
  entry.annotations_size = static_cast<std::uint32_t>(annotations.canonical_size());
  entry.starts_at = starts_at;
  entry.ends_at = ends_at;
  entry.received_at = received_at;
  const std::size_t size = entry.labels_at + entry.labels_size + entry.annotations_size;
  // Amortized growth, which resize_and_overwrite() alone doesn't promise.
  if (batch.arena.capacity() < size) batch.arena.reserve(2 * size);
  batch.arena.resize_and_overwrite(size, [&](char* bytes, std::size_t) {
    annotations.write(labels.write(bytes + entry.labels_at));
    return size;
  });
}

}  // namespace triaged::wire

#include "connectors/log/kafka/snapshot_copies.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "config/digest.hpp"
#include "connectors/log/text_fields.hpp"

namespace triaged::log {
namespace {

constexpr std::string_view kForm = "1";
// From the end back to a manifest: what stands last is one, unless somebody is writing or was cut off.
constexpr std::int64_t kFirstStep = 4;
constexpr std::int64_t kStepFactor = 4;

Hash sha256(std::string_view text) {
  config::Digest digest;
  digest.add_piece(text);
  return digest.hex();
}

std::int64_t previous_of(const kafka::IncomingRecord& record) {
  const std::string_view digits = record.header("last").value_or("");
  std::int64_t offset = -1;
  std::from_chars(digits.data(), digits.data() + digits.size(), offset);
  return offset;
}

/// Nothing: the record is no manifest, or one that was altered.
std::optional<SnapshotCopy> manifest_of(const kafka::IncomingRecord& record) {
  if (record.header("kind") != "manifest") return std::nullopt;
  auto copy = decode_copy(record.value().value_or(""));
  if (!copy) return std::nullopt;
  copy->offset = record.offset();
  copy->previous = previous_of(record);
  copy->writer = record.header("writer").value_or("");
  return copy;
}

}  // namespace

std::string encode(const SnapshotCopy& copy) {
  const std::string line = fmt::format(
      "copy={} cut={} cut_hash={} state_hash={} bytes={} sha256={} chunks={} first={} last={}", kForm, copy.cut,
      copy.cut_hash, copy.state_hash, copy.bytes, copy.sha256, copy.chunks, copy.first, copy.last);
  return fmt::format("{} check={}", line, sha256(line));
}

std::optional<SnapshotCopy> decode_copy(std::string_view text) {
  TextFields fields(text);
  SnapshotCopy copy;
  const std::string_view form = fields.text("copy");
  fields.number("cut", copy.cut);
  copy.cut_hash = fields.text("cut_hash");
  copy.state_hash = fields.text("state_hash");
  fields.number("bytes", copy.bytes);
  copy.sha256 = fields.text("sha256");
  fields.number("chunks", copy.chunks);
  fields.number("first", copy.first);
  fields.number("last", copy.last);
  const Hash check(fields.text("check"));
  const bool unaltered = sha256(text.substr(0, text.rfind(' '))) == check;
  if (!fields.good() || !unaltered || form != kForm || copy.first < 0 || copy.last < copy.first) return std::nullopt;
  return copy;
}

std::expected<SnapshotCopies, LogError> SnapshotCopies::open(kafka::ClientOptions client, std::string topic,
                                                             std::int32_t partition, Duration patience) {
  auto cursor = PartitionCursor::open(std::move(client), std::move(topic), partition, patience);
  if (!cursor) return std::unexpected(cursor.error());
  return SnapshotCopies(*std::move(cursor));
}

std::expected<SnapshotCopies::Seen, LogError> SnapshotCopies::look(std::int64_t from) {
  Seen seen;
  for (std::int64_t at = from;;) {
    const auto record = cursor_.read(at);
    if (!record) return std::unexpected(record.error());
    if (!*record) return seen;
    at = record->offset() + 1;
    const std::string writer(record->header("writer").value_or(""));
    if (auto copy = manifest_of(*record)) {
      seen.torn.erase(writer);
      seen.manifests.push_back(*std::move(copy));
      continue;
    }
    seen.named = std::max(seen.named, previous_of(*record));
    seen.torn[writer] =
        fmt::format("{}: a copy of snapshot {}, at offset {}, is torn: it has no manifest that can be read", name(),
                    record->header("snapshot").value_or("?"), record->offset());
  }
}

/// The last manifest and what is behind it, at least; in the order of their offsets.
std::expected<SnapshotCopies::Seen, LogError> SnapshotCopies::newest(std::int64_t low, std::int64_t high) {
  std::int64_t from = std::max(low, high - kFirstStep);
  for (std::int64_t step = kFirstStep;; step *= kStepFactor) {
    auto seen = look(from);
    if (!seen) return std::unexpected(seen.error());
    if (!seen->manifests.empty() || from == low) return seen;
    // Chunks without a manifest say where the one before them is.
    const bool named = seen->named >= 0 && seen->named < from;
    from = std::max(low, named ? seen->named : high - step * kStepFactor);
  }
}

std::expected<SnapshotCopies::List, LogError> SnapshotCopies::list() {
  const auto marks = cursor_.watermarks();
  if (!marks) return std::unexpected(marks.error());
  auto seen = newest(marks->low, marks->high);
  if (!seen) return std::unexpected(seen.error());
  List found{.copies = std::move(seen->manifests)};
  for (auto& [writer, why] : seen->torn) found.torn.push_back(std::move(why));
  if (found.copies.empty()) return found;
  for (std::int64_t at = found.copies.front().previous; at >= marks->low;) {
    const auto record = cursor_.read(at);
    if (!record) return std::unexpected(record.error());
    auto copy = *record && record->offset() == at ? manifest_of(*record) : std::nullopt;
    if (!copy || copy->previous >= at) break;
    at = copy->previous;
    found.copies.push_back(*std::move(copy));
  }
  std::ranges::sort(found.copies, std::greater(),
                    [](const SnapshotCopy& copy) { return std::pair(copy.cut, copy.offset); });
  return found;
}

std::expected<std::string, LogError> SnapshotCopies::read(const SnapshotCopy& copy,
                                                          const std::function<void(std::string_view)>& take) {
  const std::string which = fmt::format("{}: the copy of snapshot {} at offset {}", name(), copy.cut, copy.offset);
  config::Digest digest;
  std::uint64_t bytes = 0;
  std::uint64_t chunks = 0;
  for (std::int64_t at = copy.first; at <= copy.last;) {
    const auto record = cursor_.read(at);
    if (!record) {
      if (record.error().kind != LogError::Kind::broken) return std::unexpected(record.error());
      return fmt::format("{} is torn: {}", which, record.error().message);
    }
    if (!*record || record->offset() > copy.last) break;
    at = record->offset() + 1;
    // Somebody else may have been writing too.
    if (record->header("kind") != "chunk" || record->header("writer") != copy.writer) continue;
    const std::string_view piece = record->value().value_or("");
    digest.add_piece(piece);
    take(piece);
    bytes += piece.size();
    ++chunks;
  }
  if (chunks != copy.chunks || bytes != copy.bytes) {
    return fmt::format("{} is torn: {} bytes in {} chunks, and it has {} in {}", which, copy.bytes, copy.chunks, bytes,
                       chunks);
  }
  if (digest.hex() != copy.sha256) {
    return fmt::format("{} is damaged: its bytes do not have the SHA-256 that it names", which);
  }
  return std::string();
}

}  // namespace triaged::log

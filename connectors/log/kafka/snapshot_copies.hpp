// Copies of snapshots in a topic, as they are read. See snapshot_topic.hpp for what a copy is.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/log/kafka/partition_cursor.hpp"
#include "connectors/log/shard_log.hpp"

namespace triaged::log {

/// What a manifest in the topic says. Offsets are those of its chunks.
struct SnapshotCopy {
  std::int64_t offset = -1;    // of the manifest itself
  std::int64_t previous = -1;  // of the newest manifest before it; -1: none
  std::string writer;
  std::uint64_t cut = 0;
  Hash cut_hash;
  Hash state_hash;
  std::uint64_t bytes = 0;  // of the file
  Hash sha256;              // likewise
  std::uint64_t chunks = 0;
  std::int64_t first = -1;
  std::int64_t last = -1;
};

/// The value of a manifest; offset, previous and writer stand beside it.
[[nodiscard]] std::string encode(const SnapshotCopy& copy);
[[nodiscard]] std::optional<SnapshotCopy> decode_copy(std::string_view text);

/// One thread at a time.
class SnapshotCopies {
 public:
  static std::expected<SnapshotCopies, LogError> open(kafka::ClientOptions client, std::string topic,
                                                      std::int32_t partition, Duration patience);

  struct List {
    std::vector<SnapshotCopy> copies{};  // with a manifest; the latest cut first, then the one that was made last
    std::vector<std::string> torn{};     // at the end of the partition, without one: a sentence each
  };
  std::expected<List, LogError> list();
  /// Hands out the file in pieces. Empty: it was all there and has the SHA-256 that the manifest names; else a sentence
  /// that says what is wrong.
  std::expected<std::string, LogError> read(const SnapshotCopy& copy,
                                            const std::function<void(std::string_view)>& take);
  [[nodiscard]] std::string name() const { return cursor_.name(); }

 private:
  explicit SnapshotCopies(PartitionCursor cursor) : cursor_(std::move(cursor)) {}
  struct Seen {
    std::vector<SnapshotCopy> manifests{};
    std::map<std::string, std::string> torn{};  // by writer
    std::int64_t named = -1;                    // the newest manifest that a chunk names
  };
  std::expected<Seen, LogError> look(std::int64_t from);
  std::expected<Seen, LogError> newest(std::int64_t low, std::int64_t high);

  PartitionCursor cursor_;
};

}  // namespace triaged::log

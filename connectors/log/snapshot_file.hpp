// Snapshots in two files, A and B, of which the older one is overwritten. A file is the state in pieces, then a
// manifest with its length and SHA-256: a torn file has none, a flipped byte does not match.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/log/shard_log.hpp"

namespace triaged::log {

/// What a snapshot was taken after, and what it needs.
struct SnapshotManifest {
  std::uint64_t cut = 0;
  Hash cut_hash;
  Position through = 0;  // that cut's
  std::string engine_version;
  std::uint64_t outputs = 0;
  std::string bundle;  // the text of the bundle in force (config/bundle_text.hpp)
  std::uint64_t state_bytes = 0;
  Hash state_hash;
};

struct StoredSnapshot {
  std::string file;
  SnapshotManifest manifest;
};

/// When a snapshot's file was written; nothing where it is not there.
[[nodiscard]] std::optional<Time> written_at(const std::string& file);

/// Not thread-safe; but write() may run in a forked child while the parent goes on.
class SnapshotStore {
 public:
  explicit SnapshotStore(std::string directory) : directory_(std::move(directory)) {}

  /// Writes to `slot` (0: A, 1: B), durable when it returns. `produce` hands out the state in pieces.
  std::expected<void, std::string> write(
      int slot, SnapshotManifest manifest,
      const std::function<void(std::function<void(std::string_view)>)>& produce) const;
  /// Writes a whole file that came from elsewhere. `produce` hands out its bytes, and says at the end whether they are
  /// good: else the slot is left as it was, and the error is empty.
  std::expected<void, std::string> write_copy(
      int slot, const std::function<bool(std::function<void(std::string_view)>)>& produce) const;
  /// Those with a readable manifest, the latest cut first. States are not looked at yet.
  [[nodiscard]] std::vector<StoredSnapshot> list() const;
  /// Those that are there but torn, or with an altered manifest: a sentence each.
  [[nodiscard]] std::vector<std::string> damaged() const;
  /// The state, checked against its manifest. The error is a sentence that names the file.
  [[nodiscard]] std::expected<std::string, std::string> read(const StoredSnapshot& snapshot) const;
  /// As read(), without keeping the state.
  [[nodiscard]] std::expected<void, std::string> verify(const StoredSnapshot& snapshot) const;
  /// The slot that the next snapshot goes to: the one without a good file, else the older one.
  [[nodiscard]] int next_slot() const;
  [[nodiscard]] std::string path(int slot) const;

 private:
  std::string directory_;
};

}  // namespace triaged::log

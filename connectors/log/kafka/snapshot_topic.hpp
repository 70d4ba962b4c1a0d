// Copies of a shard's snapshots in a topic: the files on disk are a cache of them, and may vanish.
//
// A copy is chunks of at most 900 KiB and a manifest behind them. Headers: `kind` chunk or manifest, `snapshot` the
// number of its cut, `writer` a random name, `last` the offset of the newest manifest before it. Two that write at once
// do not disturb each other, since a manifest names its chunks by writer, offsets, size and SHA-256.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/kafka/client.hpp"
#include "connectors/log/shard_log.hpp"
#include "connectors/log/snapshot_file.hpp"

namespace triaged::log {

/// One thread at a time. Calls block, for as long as a copy takes.
class SnapshotTopic {
 public:
  struct Options {
    kafka::ClientOptions client;
    std::string topic;
    std::uint32_t shard = 0;
    Duration patience = std::chrono::seconds(30);  // of each answer from the brokers
    /// Told how far a copy is: "chunk" after each, "manifest", "read back".
    std::function<void(std::string_view)> on_stage = [](std::string_view) {};
  };
  static std::expected<std::unique_ptr<SnapshotTopic>, LogError> open(Options options);
  ~SnapshotTopic();
  SnapshotTopic(const SnapshotTopic&) = delete;
  SnapshotTopic& operator=(const SnapshotTopic&) = delete;

  /// Copies the file, unless that copy is there, and reads the copy back; only then deletes what is older than the
  /// newest good one of an earlier cut.
  std::expected<void, LogError> upload(const SnapshotStore& store, const StoredSnapshot& snapshot);

  struct Fetched {
    std::optional<std::uint64_t> cut{};      // of the newest good copy; nothing: there is none
    bool was_there = false;                  // the same one is on disk, and good
    std::vector<std::string> passed_over{};  // copies that are torn or damaged, a sentence each
  };
  /// Writes the newest good copy to the store's next slot, unless it is there already.
  std::expected<Fetched, LogError> fetch(const SnapshotStore& store);

 private:
  struct Impl;
  explicit SnapshotTopic(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace triaged::log

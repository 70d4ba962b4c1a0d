// Copies a shard's snapshots to their topic, beside everything else.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "connectors/log/kafka/snapshot_topic.hpp"
#include "connectors/log/snapshot_file.hpp"

namespace triaged::app {

/// Thread-safe, but for fetch() and finish().
class SnapshotCopier {
 public:
  struct Options {
    kafka::ClientOptions client;
    std::string topic;
    std::uint32_t shard = 0;
    log::SnapshotStore store;
    std::function<void(std::string)> on_failed;  // called by the copier's thread
    std::function<void()> on_copied;             // likewise
  };
  static std::expected<std::unique_ptr<SnapshotCopier>, log::LogError> open(Options options);
  /// A copy that is under way is finished.
  ~SnapshotCopier();
  SnapshotCopier(const SnapshotCopier&) = delete;
  SnapshotCopier& operator=(const SnapshotCopier&) = delete;

  /// Before the first copy(): brings the newest good copy to disk, unless it is there.
  std::expected<log::SnapshotTopic::Fetched, log::LogError> fetch() { return topic_->fetch(options_.store); }
  /// The snapshot after that cut is on disk. Of several that wait, the last one counts.
  void copy(std::uint64_t cut);
  /// Copies what waits, then ends.
  void finish();

 private:
  SnapshotCopier(Options options, std::unique_ptr<log::SnapshotTopic> topic);
  void run();

  Options options_;
  std::unique_ptr<log::SnapshotTopic> topic_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t wanted_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace triaged::app

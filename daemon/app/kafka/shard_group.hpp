// The shards that this process owns, as its consumer group deals them out.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "connectors/clock/clock.hpp"
#include "connectors/kafka/group_consumer.hpp"
#include "daemon/app/board.hpp"
#include "daemon/app/kafka/owned_shard.hpp"

namespace triaged::app {

/// One thread polls, decodes and hands over; each shard has its own threads behind it. Thread-safe, but for stop().
class ShardGroup {
 public:
  struct Options {
    kafka::ClientOptions client;
    log::KafkaTopics topics;
    std::string group;
    std::string instance;
    Duration session_timeout{};
    std::function<OwnedShard::Options(std::uint32_t shard)> shard;
    /// Called by the group's thread: the shards that are owned now.
    std::function<void(const std::vector<std::uint32_t>&)> on_owned;
    std::function<void(StartError)> on_failed;  // see OwnedShard
    /// Called by the group's thread about once a second.
    std::function<void(std::uint32_t shard, const ShardQueues&)> on_queues;
  };

  /// Joins in the background.
  static std::expected<std::unique_ptr<ShardGroup>, StartError> join(Options options);
  ~ShardGroup();
  ShardGroup(const ShardGroup&) = delete;
  ShardGroup& operator=(const ShardGroup&) = delete;

  /// Of a shard that is owned here: the record at which it halted, or 0. Nothing: it is not.
  [[nodiscard]] std::optional<log::Position> halted_at(std::uint32_t shard) const;
  /// Takes what was delivered, commits, writes snapshots. The group keeps the shards for this instance until its
  /// session times out. Whether all of it was done.
  bool stop();

 private:
  explicit ShardGroup(Options options) : options_(std::move(options)) {}
  using Offsets = std::expected<std::vector<std::int64_t>, kafka::Error>;
  struct Owned {
    std::unique_ptr<OwnedShard> shard;
    bool at_end = false;  // of its alerts
  };

  std::expected<void, StartError> open();
  void run();
  std::expected<bool, kafka::Error> step();
  Offsets assigned(const std::vector<kafka::Partition>& partitions,
                   const std::shared_ptr<const kafka::GroupMembership>& membership);
  void revoked(bool lost);
  [[nodiscard]] std::uint32_t input_of(std::string_view topic) const {
    return topic == options_.topics.source ? log::kAlertsInput : log::kControlInput;
  }
  [[nodiscard]] std::string topic_of(std::uint32_t input) const {
    return input == log::kAlertsInput ? options_.topics.source : options_.topics.control();
  }
  void tell_owned();
  void tell_queues();

  Options options_;
  std::unique_ptr<kafka::GroupConsumer> consumer_;
  clock::Stopwatch queues_told_;
  std::map<std::uint32_t, Owned> owned_;  // changed by the thread alone
  mutable std::mutex mutex_;              // of the map, for who asks from elsewhere
  std::optional<StartError> failure_;     // of a callback
  std::vector<kafka::IncomingRecord> records_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace triaged::app

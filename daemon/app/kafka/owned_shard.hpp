// A shard that this process owns: taken over, recovered, run, until it goes to somebody else.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "connectors/kafka/client.hpp"
#include "connectors/kafka/group_membership.hpp"
#include "connectors/kafka/incoming_record.hpp"
#include "connectors/log/kafka/kafka_committer.hpp"
#include "connectors/log/kafka/kafka_log_reader.hpp"
#include "connectors/log/kafka/source_retention.hpp"
#include "connectors/log/kafka/topics.hpp"
#include "connectors/log/snapshot_file.hpp"
#include "daemon/app/daemon.hpp"
#include "daemon/pipeline/commit_thread.hpp"
#include "daemon/pipeline/core_thread.hpp"
#include "daemon/pipeline/shard/delivery_decoder.hpp"
#include "daemon/pipeline/shard/recovery.hpp"
#include "daemon/pipeline/shard/snapshot_writer.hpp"

namespace triaged::app {

class SnapshotCopier;

[[nodiscard]] StartError to_start_error(const kafka::Error& error);
[[nodiscard]] StartError to_start_error(const log::LogError& error);

/// Made, fed and ended by one thread: the one that polls the consumer. The options' functions are called by the shard's
/// own threads.
class OwnedShard {
 public:
  struct Options {
    std::uint32_t number = 0;
    kafka::ClientOptions client;
    log::KafkaTopics topics;
    std::string group;
    std::string source;     // the name in the configuration of where alerts come from
    std::string directory;  // of the files of its snapshots: a cache
    log::KafkaStart start;
    pipeline::SnapshotPolicy snapshots;
    bool accept_engine_change = false;
    std::function<pipeline::Core::Moment()> moment;
    std::function<void(const pipeline::Recovered&, Duration)> on_recovered;
    std::function<void(pipeline::ShardView)> on_view;
    std::function<void(const std::optional<pipeline::Core::Halt>&)> on_halt;
    std::function<void(const pipeline::SnapshotResult&)> on_snapshot;
    std::function<void(std::string)> on_copy_failed;  // of a snapshot to its topic
    /// How far the retention of the alerts is from what recovery needs; after each snapshot.
    std::function<void(const log::SourceRetention&)> on_retention;
    std::function<void(const log::Batch&, Time since, std::chrono::microseconds took)> on_committed;
    std::function<void(std::uint32_t transactions)> on_aborted;
    /// What this process can't go on with: it has to end, and the next one goes on from the cuts.
    std::function<void(StartError)> on_failed;
    std::function<void(std::uint64_t alerts, const std::vector<wire::Rejection>&)> on_read;
    std::function<void(log::Position last)> on_delivered;
    /// A shard without any rules needs some.
    std::function<void()> ask_for_bundle;
  };

  /// Fences whoever had the shard (hole 5), then reads its last cut (hole 4).
  static std::expected<std::unique_ptr<OwnedShard>, StartError> take_over(
      Options options, std::shared_ptr<const kafka::GroupMembership> membership);
  ~OwnedShard();
  OwnedShard(const OwnedShard&) = delete;
  OwnedShard& operator=(const OwnedShard&) = delete;

  [[nodiscard]] std::uint32_t number() const { return options_.number; }
  /// Where each input is to be read from.
  [[nodiscard]] const std::vector<std::uint64_t>& next() const { return next_; }
  /// What the group says must be no more than that (hole 3): the cuts are the truth, and a group that is ahead of them
  /// means that they are not the ones that it belongs to. Negative: it says nothing.
  [[nodiscard]] std::expected<void, StartError> check_group(std::uint32_t input, std::int64_t committed) const;
  /// Runs the log again in a thread of its own, then goes on with what is delivered.
  void start();

  /// Whether records of that input are to be delivered now: alerts only once there are rules, to a shard that runs, and
  /// not while too much was delivered that it has not taken yet.
  [[nodiscard]] bool takes(std::uint32_t input) const;
  void deliver(const kafka::IncomingRecord& message, std::uint32_t input);
  /// Of what was delivered and not taken yet.
  [[nodiscard]] std::uint64_t waiting_bytes() const { return waiting_bytes_; }
  [[nodiscard]] bool transaction_open() const { return transaction_open_; }
  /// Hands over what was delivered. `at_end`: there is nothing more of the alerts now.
  void flush(bool at_end);

  /// Takes what was delivered, commits it, writes a snapshot and its copy. Whether all of it was done.
  bool stop();
  /// Somebody else has it, or will. What is being committed is finished, if that takes no longer than `grace`.
  void abandon(Duration grace);

  /// The record at which it halted; 0: it runs, or is not recovered yet.
  [[nodiscard]] log::Position halted_at() const;
  [[nodiscard]] bool recovered() const { return recovered_.load(); }

 private:
  // Of what was delivered and not taken yet.
  static constexpr std::uint64_t kMostWaiting = std::uint64_t{64} << 20U;

  OwnedShard(Options options, std::shared_ptr<const kafka::GroupMembership> membership);
  std::expected<void, StartError> open();
  [[nodiscard]] std::expected<void, StartError> check_owner() const;
  void recover();
  void start_core(pipeline::Recovered recovered);
  std::expected<void, std::string> commit(const log::Batch& batch);
  void deliver_alerts(const kafka::IncomingRecord& message);
  void taken(const pipeline::SnapshotResult& result);
  void look_at_retention();

  Options options_;
  std::shared_ptr<const kafka::GroupMembership> membership_;
  log::SnapshotStore store_;
  std::unique_ptr<log::KafkaCommitter> committer_;
  std::unique_ptr<log::KafkaLogReader> reader_;
  std::vector<std::uint64_t> next_;
  log::Position position_ = 0;  // of the last record that was delivered
  bool has_bundle_ = false;     // or one was delivered

  pipeline::DeliveryDecoder decoder_;
  std::vector<pipeline::Durable> delivered_;   // not handed over yet
  std::shared_ptr<wire::AlertBatch> decoded_;  // their alerts
  std::atomic<std::uint64_t> waiting_bytes_{0};
  std::atomic<bool> transaction_open_{false};
  std::atomic<bool> recovered_{false};
  std::atomic<bool> giving_up_{false};
  std::atomic<bool> halted_{false};
  /// Where the alerts behind the last two snapshots begin: recovery may need those behind the older one.
  std::array<std::atomic<std::uint64_t>, 2> needed_{};
  std::atomic<Time> in_flight_since_{};

  mutable std::mutex mutex_;  // of core_, while it is made
  std::optional<pipeline::SnapshotWriter> snapshots_;
  std::unique_ptr<SnapshotCopier> copier_;
  std::unique_ptr<pipeline::CoreThread> core_;
  std::unique_ptr<pipeline::CommitThread> commits_;
  std::thread recovery_;
};

}  // namespace triaged::app

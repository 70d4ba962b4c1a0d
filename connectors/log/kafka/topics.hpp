// The topics of a log in Kafka: what they are called, and that they are as they have to be.
//
// Every topic has as many partitions as the one that alerts come from, and shard p uses partition p of each.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/admin.hpp"
#include "connectors/log/kafka/kafka_error.hpp"
#include "connectors/log/shard_log.hpp"

namespace triaged::log {

struct KafkaTopics {
  std::string source;               // where alerts come from
  std::string prefix = "triaged.";  // of all others

  [[nodiscard]] std::string name(Topic topic) const;
  [[nodiscard]] std::string control() const { return prefix + "control"; }
  [[nodiscard]] std::string cuts() const { return prefix + "cuts"; }
  [[nodiscard]] std::string snapshots() const { return prefix + "snapshots"; }
};

/// Inputs of a shard: Origin::input, Run::input, the place in Cut::next.
inline constexpr std::uint32_t kControlInput = 0;
inline constexpr std::uint32_t kAlertsInput = 1;
inline constexpr std::uint32_t kInputs = 2;

struct PreparedTopics {
  std::uint32_t shards = 0;
  /// How long, and how many bytes a partition, the topic of alerts keeps; nothing: without end.
  std::optional<Duration> source_kept{};
  std::optional<std::uint64_t> source_kept_bytes{};
  std::vector<std::string> created{};
};

/// Makes those that are missing, and checks those that are there. `replication`: -1 is the cluster's default. An error
/// that is `refused` says what to change, or, where the cluster forbids making topics, the commands that make all that
/// are missing.
[[nodiscard]] std::expected<PreparedTopics, LogError> prepare_topics(kafka::Admin& admin, const KafkaTopics& topics,
                                                                     std::int32_t replication);

}  // namespace triaged::log

// How far the retention of the topic of alerts is from what recovery needs of it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <expected>

#include "connectors/kafka/partition_reader.hpp"
#include "connectors/log/kafka/topics.hpp"
#include "connectors/log/shard_log.hpp"

namespace triaged::log {

/// Offsets in one partition.
struct SourceRetention {
  std::uint64_t oldest = 0;  // that is there
  std::uint64_t end = 0;     // behind the newest
  std::uint64_t needed = 0;  // where the tail of the oldest snapshot that may be needed begins

  /// Records that may go before one goes that is needed.
  [[nodiscard]] std::uint64_t room() const { return needed > oldest ? needed - oldest : 0; }
  /// Some that are needed are gone.
  [[nodiscard]] bool overtaken() const { return needed < oldest; }
  /// How much of what the topic keeps is needed; 100 and more is lost soon or already. 0 while nothing was deleted yet:
  /// then nobody knows how much it keeps.
  [[nodiscard]] std::uint64_t percent() const {
    if (oldest == 0 || end <= oldest) return overtaken() ? 100 : 0;
    return 100 * (end - std::min(needed, end)) / (end - oldest);
  }
  /// Half of what the topic keeps is needed: people have to know before it is too late.
  [[nodiscard]] bool alarming() const { return percent() >= 50; }
};

[[nodiscard]] std::expected<SourceRetention, LogError> source_retention(kafka::PartitionReader& reader,
                                                                        const KafkaTopics& topics, std::uint32_t shard,
                                                                        std::uint64_t needed, Duration patience);

}  // namespace triaged::log

#include "connectors/log/kafka/kafka_error.hpp"
#include "connectors/log/kafka/kafka_log_reader.hpp"
#include "connectors/log/kafka/source_retention.hpp"

namespace triaged::log {

std::expected<std::vector<std::uint64_t>, LogError> start_offsets(kafka::PartitionReader& reader,
                                                                  const KafkaTopics& topics, std::uint32_t shard,
                                                                  const KafkaStart& start, Duration patience) {
  const auto partition = static_cast<std::int32_t>(shard);
  const auto control = reader.watermarks(topics.control(), partition, patience);
  if (!control) return std::unexpected(to_log_error(control.error()));
  const auto alerts = reader.watermarks(topics.source, partition, patience);
  if (!alerts) return std::unexpected(to_log_error(alerts.error()));
  std::int64_t from = start.from == KafkaStart::From::latest ? alerts->high : alerts->low;
  if (start.from == KafkaStart::From::time) {
    const auto at = reader.offset_at(topics.source, partition, start.time, patience);
    if (!at) return std::unexpected(to_log_error(at.error()));
    from = *at;
  }
  return std::vector<std::uint64_t>{static_cast<std::uint64_t>(control->low), static_cast<std::uint64_t>(from)};
}

std::expected<SourceRetention, LogError> source_retention(kafka::PartitionReader& reader, const KafkaTopics& topics,
                                                          std::uint32_t shard, std::uint64_t needed,
                                                          Duration patience) {
  const auto marks = reader.watermarks(topics.source, static_cast<std::int32_t>(shard), patience);
  if (!marks) return std::unexpected(to_log_error(marks.error()));
  return SourceRetention{.oldest = static_cast<std::uint64_t>(marks->low),
                         .end = static_cast<std::uint64_t>(marks->high),
                         .needed = needed};
}

}  // namespace triaged::log

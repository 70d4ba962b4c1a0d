#include "connectors/kafka/watermarks.hpp"

#include <fmt/format.h>

#include "connectors/clock/clock.hpp"
#include "connectors/kafka/native.hpp"

namespace triaged::kafka {
namespace {

constexpr Duration kBetweenTries = std::chrono::milliseconds(100);

/// In the protocol, both ends are times with a meaning of their own (ListOffsets).
std::expected<std::vector<std::int64_t>, Error> offsets_of(rd_kafka_s* client, std::int64_t end,
                                                           const std::vector<PartitionOffset>& partitions,
                                                           Duration patience) {
  const NativePartitions asked(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const auto& [topic, partition, offset] : partitions) {
    rd_kafka_topic_partition_list_add(asked.get(), topic.c_str(), partition)->offset = end;
  }
  const auto code = rd_kafka_offsets_for_times(client, asked.get(), milliseconds(patience));
  std::vector<std::int64_t> offsets;
  for (const auto& [topic, partition, offset] : partitions) {
    const auto* const found = rd_kafka_topic_partition_list_find(asked.get(), topic.c_str(), partition);
    const auto why = code != RD_KAFKA_RESP_ERR_NO_ERROR ? code : found->err;
    if (why != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return std::unexpected(make_error(why, fmt::format("Kafka, asking for the ends of {}/{}", topic, partition)));
    }
    offsets.push_back(found->offset);
  }
  return offsets;
}

}  // namespace

std::expected<std::vector<Watermarks>, Error> query_watermarks(rd_kafka_s* client,
                                                               const std::vector<PartitionOffset>& partitions,
                                                               Duration patience) {
  const clock::Stopwatch stopwatch;
  for (;;) {
    auto low = offsets_of(client, RD_KAFKA_OFFSET_BEGINNING, partitions, patience - stopwatch.elapsed());
    auto high = low ? offsets_of(client, RD_KAFKA_OFFSET_END, partitions, patience - stopwatch.elapsed()) : low;
    if (high) {
      std::vector<Watermarks> marks;
      for (std::size_t i = 0; i < partitions.size(); ++i) marks.push_back({.low = (*low)[i], .high = (*high)[i]});
      return marks;
    }
    // A topic that was just made, or moves, has no leader for a moment.
    const bool again = high.error().kind == Error::Kind::retriable && stopwatch.elapsed() + kBetweenTries < patience;
    if (!again) return std::unexpected(std::move(high.error()));
    clock::pause(kBetweenTries);
  }
}

}  // namespace triaged::kafka

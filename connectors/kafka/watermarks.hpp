// Where partitions begin and end.
#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include "connectors/kafka/client.hpp"
#include "rules/model/time.hpp"

namespace triaged::kafka {

struct Watermarks {
  std::int64_t low = 0;   // the oldest that is there
  std::int64_t high = 0;  // behind the newest; where the client reads what is committed alone: behind the last of that
};

/// For this folder alone: of each, in order; their offsets mean nothing. Never takes longer than `patience`:
/// librdkafka 2.0.2's own rd_kafka_query_watermark_offsets() waits until a broker that went away is back.
[[nodiscard]] std::expected<std::vector<Watermarks>, Error> query_watermarks(
    rd_kafka_s* client, const std::vector<PartitionOffset>& partitions, Duration patience);

}  // namespace triaged::kafka

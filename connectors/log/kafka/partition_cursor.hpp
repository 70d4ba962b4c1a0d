// Reads a partition forward, and stays where it is: who asks for the next record gets what was fetched ahead.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "connectors/kafka/partition_reader.hpp"
#include "connectors/log/shard_log.hpp"

namespace triaged::log {

/// Sees what is committed. One thread at a time; calls block for at most the patience.
class PartitionCursor {
 public:
  static std::expected<PartitionCursor, LogError> open(kafka::ClientOptions client, std::string topic,
                                                       std::int32_t partition, Duration patience);

  /// The first record at `from` or behind; an empty one where there is none yet. `broken` where what stood at `from`
  /// was deleted, and names what is gone.
  std::expected<kafka::IncomingRecord, LogError> read(std::int64_t from);
  /// Where the partition ended when read() last gave an empty record.
  [[nodiscard]] std::int64_t end() const { return end_; }
  std::expected<kafka::PartitionReader::Watermarks, LogError> watermarks();

  /// "triaged.cuts/3", for messages.
  [[nodiscard]] std::string name() const;
  [[nodiscard]] const std::string& topic() const { return topic_; }
  [[nodiscard]] std::int32_t partition() const { return partition_; }
  [[nodiscard]] Duration patience() const { return patience_; }

 private:
  PartitionCursor(std::unique_ptr<kafka::PartitionReader> reader, std::string topic, std::int32_t partition,
                  Duration patience)
      : reader_(std::move(reader)), topic_(std::move(topic)), partition_(partition), patience_(patience) {}

  std::expected<void, LogError> seek(std::int64_t to);
  LogError explained(const kafka::Error& error, std::int64_t from);

  std::unique_ptr<kafka::PartitionReader> reader_;
  std::string topic_;
  std::int32_t partition_;
  Duration patience_;
  std::int64_t end_ = 0;
  std::int64_t next_ = -1;  // what the reader gives next is at this offset or behind; -1: it reads nothing
};

}  // namespace triaged::log

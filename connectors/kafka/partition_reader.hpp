// Reads one partition from an offset to its end, outside any group.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "connectors/kafka/client.hpp"
#include "connectors/kafka/incoming_record.hpp"
#include "connectors/kafka/watermarks.hpp"
#include "rules/model/time.hpp"

namespace triaged::kafka {

/// One thread at a time. Calls block.
class PartitionReader {
 public:
  enum class Isolation : std::uint8_t { committed, uncommitted };

  static std::expected<std::unique_ptr<PartitionReader>, Error> open(ClientOptions client, Isolation isolation);
  ~PartitionReader();
  PartitionReader(const PartitionReader&) = delete;
  PartitionReader& operator=(const PartitionReader&) = delete;

  using Watermarks = kafka::Watermarks;
  std::expected<Watermarks, Error> watermarks(const std::string& topic, std::int32_t partition, Duration patience);
  /// The first offset whose record is as late as `time`; the end where none is.
  std::expected<std::int64_t, Error> offset_at(const std::string& topic, std::int32_t partition, Time time,
                                               Duration patience);

  /// Where the next read() begins; what was being read before is left.
  std::expected<void, Error> seek(const std::string& topic, std::int32_t partition, std::int64_t offset);
  struct Step {
    IncomingRecord record;  // none: nothing came in time, or that was the end
    bool at_end = false;    // of what was there when it was fetched
    std::int64_t end = 0;   // then: the offset behind the last
  };
  /// An offset that is gone is an error, named OFFSET_OUT_OF_RANGE or _AUTO_OFFSET_RESET.
  std::expected<Step, Error> read(Duration patience);

 private:
  struct Impl;
  explicit PartitionReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace triaged::kafka

// A record as a consumer got it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "rules/model/time.hpp"

struct rd_kafka_message_s;  // NOLINT(readability-identifier-naming): librdkafka's

namespace triaged::kafka {

/// Owns the bytes; views live as long as it does, which is less than its consumer: that waits for them when it
/// ends. Empty when it was made without a message or moved from.
class IncomingRecord {
 public:
  IncomingRecord() = default;
  explicit IncomingRecord(rd_kafka_message_s* message) : message_(message) {}

  [[nodiscard]] explicit operator bool() const { return message_ != nullptr; }
  [[nodiscard]] std::string_view topic() const;
  [[nodiscard]] std::int32_t partition() const;
  [[nodiscard]] std::int64_t offset() const;
  /// Kafka's timestamp; unset where it has none.
  [[nodiscard]] Time timestamp() const;
  [[nodiscard]] std::string_view key() const;
  /// Nothing: a tombstone.
  [[nodiscard]] std::optional<std::string_view> value() const;
  /// Of the last header of that name.
  [[nodiscard]] std::optional<std::string_view> header(const char* name) const;

 private:
  struct Free {
    void operator()(rd_kafka_message_s* message) const;
  };
  std::unique_ptr<rd_kafka_message_s, Free> message_;
};

}  // namespace triaged::kafka

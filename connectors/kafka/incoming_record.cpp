#include "connectors/kafka/incoming_record.hpp"

#include "connectors/kafka/native.hpp"

namespace triaged::kafka {

void IncomingRecord::Free::operator()(rd_kafka_message_s* message) const { rd_kafka_message_destroy(message); }

std::string_view IncomingRecord::topic() const { return rd_kafka_topic_name(message_->rkt); }
std::int32_t IncomingRecord::partition() const { return message_->partition; }
std::int64_t IncomingRecord::offset() const { return message_->offset; }

Time IncomingRecord::timestamp() const {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t at = rd_kafka_message_timestamp(message_.get(), &type);
  return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || at < 0 ? Time{} : Time{Duration{at}};
}

std::string_view IncomingRecord::key() const {
  return {static_cast<const char*>(message_->key), message_->key == nullptr ? 0 : message_->key_len};
}

std::optional<std::string_view> IncomingRecord::value() const {
  if (message_->payload == nullptr) return std::nullopt;
  return std::string_view(static_cast<const char*>(message_->payload), message_->len);
}

std::optional<std::string_view> IncomingRecord::header(const char* name) const {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message_.get(), &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  return std::string_view(static_cast<const char*>(value), value == nullptr ? 0 : size);
}

}  // namespace triaged::kafka

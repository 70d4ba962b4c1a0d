// Watches what a producer asks of the transaction coordinator, and what is answered.
//
// A request of a transaction that got no answer may still arrive, in the midst of the next one of the same epoch, and
// end that (KAFKA-17754); the protocol that librdkafka speaks can't tell. librdkafka sends such a request again by
// itself and reports success. So whoever commits asks here, and takes a new epoch before the next transaction.
#pragma once

#include <atomic>
#include <cstdint>

#include "connectors/kafka/native.hpp"

namespace triaged::kafka {

/// Thread-safe: told by librdkafka's threads. Must outlive the client.
class TransactionWatch {
 public:
  /// Before the client is made.
  void attach(rd_kafka_conf_t* conf);

  /// Every request had its answer.
  [[nodiscard]] bool all_answered() const { return !unanswered_.load(); }
  [[nodiscard]] std::uint64_t sent() const { return sent_.load(); }

 private:
  static rd_kafka_resp_err_t on_new(rd_kafka_t* client, const rd_kafka_conf_t* conf, void* opaque, char* text,
                                    std::size_t size);
  static rd_kafka_resp_err_t on_request_sent(rd_kafka_t* client, int socket, const char* broker, std::int32_t broker_id,
                                             std::int16_t key, std::int16_t version, std::int32_t correlation,
                                             std::size_t size, void* opaque);
  static rd_kafka_resp_err_t on_response_received(rd_kafka_t* client, int socket, const char* broker,
                                                  std::int32_t broker_id, std::int16_t key, std::int16_t version,
                                                  std::int32_t correlation, std::size_t size, std::int64_t took,
                                                  rd_kafka_resp_err_t error, void* opaque);

  std::atomic<std::uint64_t> sent_{0};
  std::atomic<bool> unanswered_{false};
};

}  // namespace triaged::kafka

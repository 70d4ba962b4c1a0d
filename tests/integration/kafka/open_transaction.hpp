// A producer that is in the midst of a transaction, as ours never leave one.
#pragma once

#include <array>
#include <string>

#include <catch2/catch.hpp>
#include <librdkafka/rdkafka.h>

#include "tests/integration/kafka/broker.hpp"

namespace triaged::kafka {

class OpenTransaction {
 public:
  /// Its record is at the broker, and nobody knows what becomes of it.
  OpenTransaction(const std::string& topic, const std::string& value) {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    std::array<char, 256> text{};
    const std::string address = broker().properties.at("bootstrap.servers");
    rd_kafka_conf_set(conf, "bootstrap.servers", address.c_str(), text.data(), text.size());
    rd_kafka_conf_set(conf, "transactional.id", ("open-" + topic).c_str(), text.data(), text.size());
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text.data(), text.size());
    REQUIRE(client_ != nullptr);
    REQUIRE(rd_kafka_init_transactions(client_, 30'000) == nullptr);
    begin(topic, value);
  }
  ~OpenTransaction() { rd_kafka_destroy(client_); }
  OpenTransaction(const OpenTransaction&) = delete;
  OpenTransaction& operator=(const OpenTransaction&) = delete;

  /// Another one, when the one before is over.
  void begin(const std::string& topic, const std::string& value) {
    REQUIRE(rd_kafka_begin_transaction(client_) == nullptr);
    REQUIRE(rd_kafka_producev(client_, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(0),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                              RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                              RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR_NO_ERROR);
    REQUIRE(rd_kafka_flush(client_, 30'000) == RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  void commit() { REQUIRE(rd_kafka_commit_transaction(client_, 30'000) == nullptr); }
  void abort() { REQUIRE(rd_kafka_abort_transaction(client_, 30'000) == nullptr); }

 private:
  rd_kafka_t* client_ = nullptr;
};

}  // namespace triaged::kafka

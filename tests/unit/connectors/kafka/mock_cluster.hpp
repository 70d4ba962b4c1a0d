// librdkafka's own broker, in this process.
#pragma once

#include <array>

#include <catch2/catch.hpp>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "connectors/kafka/client.hpp"

namespace triaged::test {

/// With the topic `out`.
class MockCluster {
 public:
  MockCluster() {
    std::array<char, 256> text{};
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), text.data(), text.size());
    REQUIRE(client_ != nullptr);
    cluster_ = rd_kafka_mock_cluster_new(client_, 1);
    REQUIRE(cluster_ != nullptr);
    REQUIRE(rd_kafka_mock_topic_create(cluster_, "out", 1, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  ~MockCluster() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(client_);
  }
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;

  [[nodiscard]] kafka::ClientOptions clients() const {
    kafka::ClientOptions options;
    options.properties["bootstrap.servers"] = rd_kafka_mock_cluster_bootstraps(cluster_);
    options.properties["socket.timeout.ms"] = "1000";
    return options;
  }
  /// The next answer to such a request is this.
  void answer(std::int16_t request, rd_kafka_resp_err_t with) {
    rd_kafka_mock_push_request_errors(cluster_, request, 1, with);
  }
  void go_down() { rd_kafka_mock_broker_set_down(cluster_, 1); }
  void come_up() { rd_kafka_mock_broker_set_up(cluster_, 1); }

 private:
  rd_kafka_t* client_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

}  // namespace triaged::test

#include "connectors/kafka/transactional_producer.hpp"

#include <array>
#include <memory>

#include <catch2/catch.hpp>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "connectors/kafka/partition_reader.hpp"

namespace triaged::kafka {
namespace {

constexpr std::int16_t kEndTxn = 26;

/// librdkafka's own broker, in this process.
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

  [[nodiscard]] ClientOptions clients() const {
    ClientOptions options;
    options.properties["bootstrap.servers"] = rd_kafka_mock_cluster_bootstraps(cluster_);
    options.properties["socket.timeout.ms"] = "1000";
    return options;
  }
  /// The next answer to such a request is this.
  void answer(std::int16_t request, rd_kafka_resp_err_t with) {
    rd_kafka_mock_push_request_errors(cluster_, request, 1, with);
  }

 private:
  rd_kafka_t* client_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

const std::array<OutgoingRecord, 1> kRecord{
    OutgoingRecord{.topic = "out", .partition = 0, .key = "k", .value = "v", .headers = {}}};

TEST_CASE("a request of a transaction that got no answer is followed by a new epoch") {
  MockCluster cluster;
  auto producer = TransactionalProducer::open({.client = cluster.clients(), .transactional_id = "t-0"});
  INFO((producer ? "" : producer.error().message));
  REQUIRE(producer);
  const auto first = (*producer)->commit(kRecord, {}, nullptr);
  REQUIRE(first);
  CHECK_FALSE(first->epoch_taken);
  // The connection breaks: the request may or may not have arrived, and librdkafka sends it again by itself.
  cluster.answer(kEndTxn, RD_KAFKA_RESP_ERR__TRANSPORT);
  const auto doubtful = (*producer)->commit(kRecord, {}, nullptr);
  INFO((doubtful ? "" : doubtful.error().message));
  REQUIRE(doubtful);
  CHECK(doubtful->epoch_taken);
  const auto next = (*producer)->commit(kRecord, {}, nullptr);
  REQUIRE(next);
  CHECK_FALSE(next->epoch_taken);
}

TEST_CASE("a coordinator that asks to wait is waited for, and nothing is in doubt") {
  MockCluster cluster;
  auto producer = TransactionalProducer::open({.client = cluster.clients(), .transactional_id = "t-0"});
  REQUIRE(producer);
  cluster.answer(kEndTxn, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS);
  const auto done = (*producer)->commit(kRecord, {}, nullptr);
  REQUIRE(done);
  CHECK_FALSE(done->epoch_taken);
  CHECK(done->aborts == 0);
}

TEST_CASE("after an abort the same records go out in another transaction") {
  MockCluster cluster;
  auto producer = TransactionalProducer::open({.client = cluster.clients(), .transactional_id = "t-0"});
  REQUIRE(producer);
  constexpr std::int16_t kProduce = 0;
  cluster.answer(kProduce, RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS);  // not to be tried again as it is
  const auto done = (*producer)->commit(kRecord, {}, nullptr);
  INFO((done ? "" : done.error().message));
  REQUIRE(done);
  CHECK(done->aborts != 0);
}

TEST_CASE("a commit that nothing comes of is given up when its owner says so") {
  MockCluster cluster;
  int asked = 0;
  auto producer = TransactionalProducer::open({.client = cluster.clients(),
                                               .transactional_id = "t-0",
                                               .transaction_timeout = std::chrono::seconds(15),
                                               .go_on = [&asked] { return ++asked < 1; }});
  REQUIRE(producer);
  for (int i = 0; i < 100; ++i) cluster.answer(kEndTxn, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE);
  const auto done = (*producer)->commit(kRecord, {}, nullptr);
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == Error::Kind::retriable);
  CHECK(asked == 1);
}

}  // namespace
}  // namespace triaged::kafka

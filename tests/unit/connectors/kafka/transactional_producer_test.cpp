#include "connectors/kafka/transactional_producer.hpp"

#include <array>
#include <memory>

#include "connectors/kafka/partition_reader.hpp"
#include "tests/unit/connectors/kafka/mock_cluster.hpp"

namespace triaged::kafka {
namespace {

using test::MockCluster;

constexpr std::int16_t kEndTxn = 26;

const std::array<OutgoingRecord, 1> kRecord{
    OutgoingRecord{.topic = "out", .partition = 0, .key = "k", .value = "v", .headers = {}}};

TEST_CASE("a request of a transaction that got no answer is followed by a new epoch", "[librdkafka]") {
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

TEST_CASE("a coordinator that asks to wait is waited for, and nothing is in doubt", "[librdkafka]") {
  MockCluster cluster;
  auto producer = TransactionalProducer::open({.client = cluster.clients(), .transactional_id = "t-0"});
  REQUIRE(producer);
  cluster.answer(kEndTxn, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS);
  const auto done = (*producer)->commit(kRecord, {}, nullptr);
  REQUIRE(done);
  CHECK_FALSE(done->epoch_taken);
  CHECK(done->aborts == 0);
}

TEST_CASE("after an abort the same records go out in another transaction", "[librdkafka]") {
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

TEST_CASE("a commit that nothing comes of is given up when its owner says so", "[librdkafka]") {
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

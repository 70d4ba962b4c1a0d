#include "connectors/kafka/assigned_consumer.hpp"

#include "connectors/clock/clock.hpp"
#include "tests/unit/connectors/kafka/mock_cluster.hpp"

namespace triaged::kafka {
namespace {

constexpr Duration kLong = std::chrono::seconds(30);

/// Polls until `enough` of what comes.
bool polled_until(AssignedConsumer& consumer, auto enough) {
  const clock::Stopwatch stopwatch;
  while (stopwatch.elapsed() < kLong) {
    if (enough(consumer.poll(Duration{100}))) return true;
  }
  return false;
}

TEST_CASE("a cluster that can't be reached is an error of who reads, until it can", "[librdkafka]") {
  test::MockCluster cluster;
  auto client = cluster.clients();
  client.properties["reconnect.backoff.max.ms"] = "200";
  auto consumer = AssignedConsumer::open(client);
  REQUIRE(consumer);
  REQUIRE((*consumer)->assign({{"out", 0, 0}}));
  CHECK(polled_until(**consumer, [](const auto& step) { return step && step->at_end; }));
  cluster.go_down();
  std::string why;
  CHECK(polled_until(**consumer, [&](const auto& step) {
    if (!step) why = step.error().message;
    return !step;
  }));
  CHECK(why.starts_with("Kafka can't be reached: "));
  const auto still = (*consumer)->poll(Duration{0});
  CHECK_FALSE(still);
  cluster.come_up();
  CHECK(polled_until(**consumer, [](const auto& step) { return step.has_value(); }));
}

}  // namespace
}  // namespace triaged::kafka

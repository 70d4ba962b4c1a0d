#include "connectors/kafka/producer.hpp"

#include <future>

#include "connectors/kafka/partition_reader.hpp"
#include "tests/integration/kafka/broker.hpp"

namespace triaged::kafka {
namespace {

TEST_CASE("a record's offset comes back once it is there, in the order of the calls") {
  const std::string topic = fresh_topic(2);
  auto producer = Producer::open(broker());
  REQUIRE(producer);
  const auto first = (*producer)->send(
      {.topic = topic, .partition = 1, .key = "k", .value = "a", .headers = {{"kind", "command"}}}, kLong);
  INFO((first ? "" : first.error().message));
  REQUIRE(first);
  CHECK(*first == 0);
  std::vector<std::future<std::int64_t>> later;
  for (int i = 0; i < 100; ++i) {
    auto promise = std::make_shared<std::promise<std::int64_t>>();
    later.push_back(promise->get_future());
    (*producer)->send({.topic = topic, .partition = 1, .key = "", .value = "b"},
                      [promise](const auto& sent) { promise->set_value(sent.value_or(-1)); });
  }
  for (int i = 0; i < 100; ++i) CHECK(later[static_cast<std::size_t>(i)].get() == i + 1);
  auto reader = PartitionReader::open(broker(), PartitionReader::Isolation::committed);
  REQUIRE(reader);
  REQUIRE((*reader)->seek(topic, 1, 0));
  const auto step = (*reader)->read(kLong);
  REQUIRE(step);
  CHECK(step->record.value() == "a");
  CHECK(step->record.header("kind") == "command");
}

TEST_CASE("what can't be sent is told, once, and nobody waits for ever") {
  auto producer = Producer::open(broker(), std::chrono::seconds(1));
  REQUIRE(producer);
  const auto sent = (*producer)->send({.topic = "nobody-made-this", .partition = 0, .key = "", .value = "v"}, kLong);
  REQUIRE_FALSE(sent);
  INFO(sent.error().name);
  CHECK(sent.error().message.starts_with("Kafka, producing to nobody-made-this: "));

  const std::string topic = fresh_topic();
  const auto large = (*producer)->send(
      {.topic = topic, .partition = 0, .key = "", .value = std::string(std::size_t{9} << 20U, 'x')}, kLong);
  REQUIRE_FALSE(large);
  CHECK(large.error().name == "MSG_SIZE_TOO_LARGE");
  CHECK((*producer)->send({.topic = topic, .partition = 0, .key = "", .value = "v"}, kLong).value_or(-1) == 0);
}

TEST_CASE("a producer that goes tells what was under way") {
  ClientOptions nobody;
  nobody.properties["bootstrap.servers"] = "127.0.0.1:1";
  auto producer = Producer::open(nobody);
  REQUIRE(producer);
  int told = 0;
  (*producer)->send({.topic = "t", .partition = 0, .key = "", .value = "v"},
                    [&told](const auto& sent) { told += sent ? 0 : 1; });
  producer->reset();
  CHECK(told == 1);
}

}  // namespace
}  // namespace triaged::kafka

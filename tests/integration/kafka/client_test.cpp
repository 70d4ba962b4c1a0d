// Our Kafka clients against a real broker.
#include "connectors/kafka/partition_reader.hpp"
#include "connectors/kafka/transactional_producer.hpp"
#include "tests/integration/kafka/broker.hpp"

namespace triaged::kafka {
namespace {

using Isolation = PartitionReader::Isolation;

std::unique_ptr<TransactionalProducer> producer(const std::string& id) {
  auto made = TransactionalProducer::open({.client = broker(), .transactional_id = id});
  INFO((made ? "" : made.error().message));
  REQUIRE(made);
  return *std::move(made);
}

std::vector<std::string> read_all(const std::string& topic, Isolation isolation) {
  auto reader = PartitionReader::open(broker(), isolation);
  REQUIRE(reader);
  REQUIRE((*reader)->seek(topic, 0, 0));
  std::vector<std::string> values;
  for (;;) {
    const auto step = (*reader)->read(kLong);
    REQUIRE(step);
    if (step->at_end) return values;
    REQUIRE(step->record);
    values.emplace_back(step->record.value().value_or("(none)"));
  }
}

TEST_CASE("a topic is made as asked, and looked at without being made") {
  auto admin = Admin::open(broker());
  REQUIRE(admin);
  const auto none = (*admin)->describe("nobody-made-this");
  INFO((none ? "" : none.error().message));
  REQUIRE(none);
  CHECK_FALSE(*none);
  const Admin::NewTopic topic{.name = "compacted",
                              .partitions = 3,
                              .replication = 1,
                              .configuration = {{"cleanup.policy", "compact"}, {"retention.ms", "-1"}}};
  REQUIRE((*admin)->create(topic));
  REQUIRE((*admin)->create(topic));
  const auto found = (*admin)->describe("compacted");
  REQUIRE(found);
  REQUIRE(*found);
  CHECK((*found)->partitions == 3);
  CHECK((*found)->configuration.at("cleanup.policy") == "compact");
  CHECK((*found)->configuration.at("retention.ms") == "-1");
  const auto refused = (*admin)->create(
      {.name = "wrong", .partitions = 1, .replication = 1, .configuration = {{"cleanup.policy", "sometimes"}}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("creating the topic wrong") != std::string::npos);
}

TEST_CASE("a transaction's records are there together, with key, headers and offsets") {
  const std::string topic = fresh_topic();
  auto by = producer("tx-" + topic);
  const std::vector<OutgoingRecord> records{
      {.topic = topic, .partition = 0, .key = "k", .value = "one", .headers = {{"cut", "7"}}},
      {.topic = topic, .partition = 0, .key = "k", .value = "two"}};
  const auto done = by->commit(records, {}, nullptr);
  INFO((done ? "" : done.error().message));
  REQUIRE(done);
  CHECK(done->aborts == 0);
  CHECK_FALSE(done->epoch_taken);
  CHECK(read_all(topic, Isolation::committed) == std::vector<std::string>{"one", "two"});
  auto reader = PartitionReader::open(broker(), Isolation::committed);
  REQUIRE((*reader)->seek(topic, 0, 0));
  const auto step = (*reader)->read(kLong);
  REQUIRE(step);
  CHECK(step->record.key() == "k");
  CHECK(step->record.header("cut") == "7");
  CHECK_FALSE(step->record.header("other"));
  CHECK(step->record.timestamp() > Time{});
  const auto marks = (*reader)->watermarks(topic, 0, kLong);
  REQUIRE(marks);
  CHECK(marks->low == 0);
  CHECK(marks->high == 3);  // with the marker of the commit
}

TEST_CASE("who takes a transactional id over fences the one before") {
  const std::string topic = fresh_topic();
  auto first = producer("fence-" + topic);
  const std::vector<OutgoingRecord> one{{.topic = topic, .partition = 0, .key = "", .value = "first"}};
  REQUIRE(first->commit(one, {}, nullptr));
  auto second = producer("fence-" + topic);
  const auto late = first->commit(one, {}, nullptr);
  REQUIRE_FALSE(late);
  INFO(late.error().message);
  CHECK(late.error().kind == Error::Kind::fenced);
  const std::vector<OutgoingRecord> two{{.topic = topic, .partition = 0, .key = "", .value = "second"}};
  REQUIRE(second->commit(two, {}, nullptr));
  CHECK(read_all(topic, Isolation::committed) == std::vector<std::string>{"first", "second"});
}

TEST_CASE("an offset that is gone is an error") {
  const std::string topic = fresh_topic();
  auto by = producer("gone-" + topic);
  const std::vector<OutgoingRecord> one{{.topic = topic, .partition = 0, .key = "", .value = "v"}};
  REQUIRE(by->commit(one, {}, nullptr));
  REQUIRE(by->commit(one, {}, nullptr));
  auto admin = Admin::open(broker());
  REQUIRE((*admin)->delete_before(topic, 0, 2));
  auto reader = PartitionReader::open(broker(), Isolation::committed);
  CHECK((*reader)->watermarks(topic, 0, kLong)->low == 2);
  REQUIRE((*reader)->seek(topic, 0, 0));
  const auto step = (*reader)->read(kLong);
  REQUIRE_FALSE(step);
  INFO(step.error().name);
  CHECK(step.error().kind == Error::Kind::fatal);
}

TEST_CASE("properties that are ours, unknown or wrong are refused by name, and no value is shown") {
  const auto check = [](const std::string& name, const std::string& value) {
    ClientOptions options;
    options.properties[name] = value;
    const auto checked = check_properties(options);
    return checked ? std::string() : checked.error().message;
  };
  CHECK(check("sasl.password", "hunter2").empty());
  CHECK(check("group.id", "x") == "the property \"group.id\" is set by triaged; see log.kafka.group");
  CHECK(check("isolation.level", "x") == "the property \"isolation.level\" is set by triaged");
  CHECK(check("bootstrap.server", "x") == "librdkafka has no property \"bootstrap.server\"");
  CHECK(check("security.protocol", "hunter2") == "the property \"security.protocol\" can't have this value");
}

}  // namespace
}  // namespace triaged::kafka

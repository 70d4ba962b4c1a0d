#include "connectors/log/kafka/topics.hpp"

#include <algorithm>

#include "tests/integration/kafka/broker.hpp"

namespace triaged::log {
namespace {

using kafka::Admin;
using kafka::admin;

/// A topic of alerts with so many partitions, and a prefix that nobody has.
KafkaTopics fresh(std::int32_t partitions) {
  const std::string source = kafka::fresh_topic(partitions);
  return {.source = source, .prefix = source + "."};
}

void make(const std::string& name, std::int32_t partitions, decltype(Admin::NewTopic::configuration) configuration) {
  REQUIRE(admin()->create(
      {.name = name, .partitions = partitions, .replication = 1, .configuration = std::move(configuration)}));
}

std::string why_refused(const KafkaTopics& topics, std::int32_t replication = -1) {
  const auto prepared = prepare_topics(*admin(), topics, replication);
  REQUIRE_FALSE(prepared);
  CHECK(prepared.error().kind == LogError::Kind::refused);
  return prepared.error().message;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("topics that are missing are made, with as many partitions as the topic of alerts") {
  const KafkaTopics topics = fresh(3);
  const auto prepared = prepare_topics(*admin(), topics, 1);
  INFO((prepared ? "" : prepared.error().message));
  REQUIRE(prepared);
  CHECK(prepared->shards == 3);
  CHECK(prepared->created.size() == 8);
  CHECK(prepared->source_kept == std::chrono::hours(24 * 7));
  CHECK_FALSE(prepared->source_kept_bytes);
  struct Expected {
    std::string name, policy, kept;
  };
  for (const auto& [name, policy, kept] :
       {Expected{topics.name(Topic::incidents), "compact", ""}, Expected{topics.name(Topic::alerts), "compact", ""},
        Expected{topics.name(Topic::silences), "compact", ""}, Expected{topics.name(Topic::audit), "delete", "-1"},
        Expected{topics.name(Topic::rejected), "delete", "604800000"}, Expected{topics.control(), "delete", "-1"},
        Expected{topics.cuts(), "delete", "-1"}, Expected{topics.snapshots(), "delete", "-1"}}) {
    INFO(name);
    const auto found = admin()->describe(name);
    REQUIRE(found);
    REQUIRE(*found);
    CHECK((*found)->partitions == 3);
    CHECK((*found)->configuration.at("cleanup.policy") == policy);
    CHECK((*found)->configuration.at("max.message.bytes") == "8388608");
    if (!kept.empty()) CHECK((*found)->configuration.at("retention.ms") == kept);
  }
  const auto again = prepare_topics(*admin(), topics, 1);
  REQUIRE(again);
  CHECK(again->created.empty());
}

TEST_CASE("without a topic of alerts it says how to make one") {
  const std::string message = why_refused({.source = "nobody-made-this", .prefix = "x."});
  INFO(message);
  CHECK(has(message, " --create --topic nobody-made-this --partitions"));
}

TEST_CASE("a topic of alerts that is compacted is refused") {
  const std::string source = kafka::fresh_name();
  make(source, 1, {{"cleanup.policy", "compact"}});
  CHECK(has(why_refused({.source = source, .prefix = source + "."}), "cleanup.policy=compact"));
}

TEST_CASE("a topic of alerts that is one of the outputs is refused") {
  const std::string prefix = kafka::fresh_name() + ".";
  make(prefix + "alerts", 1, {});
  CHECK(has(why_refused({.source = prefix + "alerts", .prefix = prefix}), "another prefix"));
}

TEST_CASE("topics that are not as they have to be are named together, and none is made") {
  const KafkaTopics topics = fresh(2);
  make(topics.cuts(), 3, {{"cleanup.policy", "compact"}});
  make(topics.name(Topic::incidents), 2, {{"cleanup.policy", "delete"}});
  make(topics.control(), 2, {{"retention.ms", "1000"}});
  const std::string message = why_refused(topics);
  INFO(message);
  CHECK(has(message, topics.cuts() + " has 3 partitions, and " + topics.source + " has 2"));
  CHECK(has(message, topics.cuts() + " has cleanup.policy=compact"));
  CHECK(has(message, topics.name(Topic::incidents) + " has cleanup.policy=delete"));
  CHECK(has(message, topics.control() + " has retention.ms=1000"));
  const auto made = admin()->describe(topics.snapshots());
  REQUIRE(made);
  CHECK_FALSE(*made);
}

TEST_CASE("where topics can't be made, the commands that do are told, for all at once") {
  const KafkaTopics topics = fresh(2);
  const std::string message = why_refused(topics, 3);  // there is one broker
  INFO(message);
  CHECK(has(message, "--create --topic " + topics.cuts() +
                         " --partitions 2 --replication-factor 3 --config cleanup.policy=delete --config "
                         "max.message.bytes=8388608 --config retention.bytes=-1 --config retention.ms=-1"));
  CHECK(std::ranges::count(message, '\n') == 9);
  const std::string address = kafka::broker().properties.at("bootstrap.servers");
  CHECK(has(message, "kafka-topics.sh --bootstrap-server " + address + " --create"));
}

}  // namespace
}  // namespace triaged::log

#include "connectors/kafka/examine.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace triaged::kafka {
namespace {

using Properties = std::map<std::string, std::string>;

struct Found {
  std::string key;
  std::string message;
  bool of_key = false;
};

Found only_fault(const Properties& properties) {
  config::Settings settings;
  settings.kafka_properties = properties;
  const auto faults = examine_properties(settings);
  REQUIRE(faults.size() == 1);
  return {faults[0].key, faults[0].message, faults[0].of_key};
}

TEST_CASE("kafka: properties that a client takes have no fault", "[librdkafka]") {
  const auto properties = GENERATE(values<Properties>({
      {},
      {{"bootstrap.servers", "nowhere.invalid:1"}, {"compression.codec", "zstd"}, {"linger.ms", "7"}},
      {{"security.protocol", "SASL_PLAINTEXT"},
       {"sasl.mechanism", "PLAIN"},
       {"sasl.username", "u"},
       {"sasl.password", "p"}},
      // Such a client would run kinit.
      {{"security.protocol", "SASL_PLAINTEXT"}, {"sasl.kerberos.kinit.cmd", "false"}},
  }));
  config::Settings settings;
  settings.kafka_properties = properties;
  CHECK(examine_properties(settings).empty());
}

TEST_CASE("kafka: a name that librdkafka does not know, with the nearest that it knows", "[librdkafka]") {
  const Found found = only_fault({{"bootstrap.server", "k1"}});
  CHECK(found.key == "kafka.properties.bootstrap.server");
  CHECK(found.of_key);
  CHECK(found.message == "unknown property of librdkafka \"bootstrap.server\"; did you mean \"bootstrap.servers\"?");
}

TEST_CASE("kafka: what is ours to set is refused, with the setting that does it", "[librdkafka]") {
  const Found group = only_fault({{"group.id", "x"}});
  CHECK(group.of_key);
  CHECK(group.message == "the property \"group.id\" is set by triaged; see log.kafka.group");
  CHECK(only_fault({{"plugin.library.paths", "/tmp/evil.so"}}).message ==
        "the property \"plugin.library.paths\" is set by triaged");
}

TEST_CASE("kafka: values are checked, and never shown", "[librdkafka]") {
  const Found found = only_fault({{"socket.timeout.ms", "hunter2"}});
  CHECK(found.key == "kafka.properties.socket.timeout.ms");
  CHECK_FALSE(found.of_key);
  CHECK_THAT(found.message, Catch::Contains("socket.timeout.ms") && !Catch::Contains("hunter2"));
}

TEST_CASE("kafka: every fault is found at once", "[librdkafka]") {
  config::Settings settings;
  settings.kafka_properties = {{"acks", "0"}, {"nonsense", "1"}, {"socket.timeout.ms", "-5"}};
  CHECK(examine_properties(settings).size() == 3);
}

TEST_CASE("kafka: what properties need of each other, and files that they name", "[librdkafka]") {
  CHECK_THAT(only_fault({{"security.protocol", "SASL_SSL"}, {"sasl.mechanisms", "SCRAM-SHA-256"}}).message,
             Catch::Contains("sasl.username"));
  const Found found = only_fault({{"bootstrap.servers", "nowhere.invalid:1"},
                                  {"security.protocol", "SSL"},
                                  {"ssl.ca.location", "/nowhere/ca.pem"},
                                  {"ssl.key.password", "hunter2"}});
  CHECK(found.key == "kafka.properties");
  CHECK_THAT(found.message, Catch::Contains("ssl.ca.location") && !Catch::Contains("hunter2"));
}

}  // namespace
}  // namespace triaged::kafka

// What every Kafka client of ours has in common: librdkafka's own properties, its log.
//
// Properties have librdkafka's names (CONFIGURATION.md of librdkafka 2.0.2). Those that exactly-once hangs on are ours:
// owned_properties() lists them.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/kafka/error.hpp"
#include "rules/model/time.hpp"

struct rd_kafka_s;

namespace triaged::kafka {

struct LogLine {
  int level = 6;         // syslog(3)'s: 3 error, 4 warning, 6 info, 7 debug
  std::string facility;  // librdkafka's: "FAIL", "REQTMOUT"
  std::string message;
};

/// Functions are called by librdkafka's threads; they do not block and throw nothing.
struct ClientOptions {
  std::map<std::string, std::string> properties;  // as in `kafka: {properties: …}`, secrets in clear
  std::string client_id = "triaged";
  std::function<void(const LogLine&)> on_log = [](const LogLine&) {};
};

/// Properties that are not people's to set, with the setting that does it: "group.id" → "log.kafka.group".
[[nodiscard]] const std::map<std::string, std::string, std::less<>>& owned_properties();

/// Checks names and values without a connection. The error names the property, never its value.
[[nodiscard]] std::expected<void, Error> check_properties(const ClientOptions& options);

struct CloseClient {
  void operator()(rd_kafka_s* client) const;
};
using Client = std::unique_ptr<rd_kafka_s, CloseClient>;

/// librdkafka's version as it runs: "2.0.2".
[[nodiscard]] std::string library_version();

struct Header {
  std::string_view name;
  std::string_view value;
};

/// A record to be sent. Views: they live until the call that takes them returns.
struct OutgoingRecord {
  std::string_view topic;
  std::int32_t partition = 0;
  std::string_view key;
  std::string_view value;
  std::vector<Header> headers{};
};

/// Where reading goes on.
struct PartitionOffset {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  friend bool operator==(const PartitionOffset&, const PartitionOffset&) = default;
};

}  // namespace triaged::kafka

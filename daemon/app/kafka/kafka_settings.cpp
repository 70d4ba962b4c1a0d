#include "daemon/app/kafka/kafka_settings.hpp"

#include <algorithm>
#include <variant>

namespace triaged::app {

const config::SourceConfig& kafka_source(const config::Settings& settings) {
  return *std::ranges::find_if(settings.sources, [](const config::SourceConfig& source) {
    return std::holds_alternative<config::KafkaSource>(source.input);
  });
}

log::KafkaTopics kafka_topics(const config::Settings& settings) {
  return {.source = std::get<config::KafkaSource>(kafka_source(settings).input).topics.front(),
          .prefix = settings.kafka_log->topic_prefix};
}

kafka::ClientOptions kafka_client(const config::Settings& settings) {
  return {.properties = settings.kafka_properties, .client_id = settings.kafka_log->instance};
}

log::KafkaStart kafka_start(const config::Settings& settings) {
  using From = log::KafkaStart::From;
  const config::KafkaStart& start = settings.kafka_log->start;
  if (const auto* time = std::get_if<Time>(&start)) return {.from = From::time, .time = *time};
  return {.from = std::holds_alternative<config::Latest>(start) ? From::latest : From::earliest, .time = {}};
}

}  // namespace triaged::app

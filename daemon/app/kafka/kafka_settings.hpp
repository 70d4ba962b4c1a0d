// What the settings say to those who use Kafka.
#pragma once

#include "config/settings/settings.hpp"
#include "connectors/kafka/client.hpp"
#include "connectors/log/kafka/kafka_log_reader.hpp"
#include "connectors/log/kafka/topics.hpp"

namespace triaged::app {

/// Of settings with a log in Kafka: then there is one source, which is a topic.
[[nodiscard]] const config::SourceConfig& kafka_source(const config::Settings& settings);
[[nodiscard]] log::KafkaTopics kafka_topics(const config::Settings& settings);
[[nodiscard]] kafka::ClientOptions kafka_client(const config::Settings& settings);
[[nodiscard]] log::KafkaStart kafka_start(const config::Settings& settings);

}  // namespace triaged::app

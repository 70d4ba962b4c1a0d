// What these programs have of librdkafka in common. Whatever it refuses ends the program with a message.
#pragma once

#include <array>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <librdkafka/rdkafka.h>

namespace bench::kafka {

constexpr int kPatience = 30'000;  // milliseconds

[[noreturn]] inline void fail(const char* why) {
  std::fprintf(stderr, "%s\n", why);
  std::exit(1);
}

inline void check(rd_kafka_error_t* error) {
  if (error != nullptr) fail(rd_kafka_error_string(error));
}

using Properties = std::initializer_list<std::pair<const char*, std::string>>;

/// Of librdkafka's log only errors are told: a new broker's coordinators take a while, and it says so.
inline rd_kafka_conf_t* make_conf(const Properties& properties) {
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  std::array<char, 512> why{};
  rd_kafka_conf_set(conf, "log_level", "3", why.data(), why.size());
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf, name, value.c_str(), why.data(), why.size()) != RD_KAFKA_CONF_OK) fail(why.data());
  }
  return conf;
}

/// Lives as long as the process.
inline rd_kafka_t* make_client(rd_kafka_type_t type, rd_kafka_conf_t* conf) {
  std::array<char, 512> why{};
  rd_kafka_t* const client = rd_kafka_new(type, conf, why.data(), why.size());
  if (client == nullptr) fail(why.data());
  return client;
}

/// A consumer's client that reads this one partition from its beginning.
inline void read_all(rd_kafka_t* client, const std::string& topic) {
  rd_kafka_poll_set_consumer(client);
  rd_kafka_topic_partition_list_t* const partitions = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(partitions, topic.c_str(), 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
  if (rd_kafka_assign(client, partitions) != RD_KAFKA_RESP_ERR_NO_ERROR) fail("can't read the topic");
  rd_kafka_topic_partition_list_destroy(partitions);
}

/// Lives as long as the process.
inline rd_kafka_topic_t* open_topic(rd_kafka_t* client, const std::string& name) {
  rd_kafka_topic_t* const topic = rd_kafka_topic_new(client, name.c_str(), nullptr);
  if (topic == nullptr) fail(rd_kafka_err2str(rd_kafka_last_error()));
  return topic;
}

/// Takes a copy. Waits where the producer's queue is full.
inline void produce(rd_kafka_t* client, rd_kafka_topic_t* topic, std::string_view key, std::string_view value,
                    void* opaque = nullptr) {
  while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, const_cast<char*>(value.data()),
                          value.size(), key.data(), key.size(), opaque) != 0) {
    const rd_kafka_resp_err_t refused = rd_kafka_last_error();
    if (refused != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail(rd_kafka_err2str(refused));
    rd_kafka_poll(client, 5);
  }
}

}  // namespace bench::kafka

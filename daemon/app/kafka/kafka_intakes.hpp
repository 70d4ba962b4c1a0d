// What comes by HTTP, on its way into the log in Kafka.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/producer.hpp"
#include "connectors/log/kafka/topics.hpp"
#include "daemon/api/ports.hpp"

namespace triaged::app {

/// Alerts come from their topic alone: there are no sources that take them by HTTP. Thread-safe.
class KafkaAlertIntake final : public api::AlertIntake {
 public:
  [[nodiscard]] std::vector<std::string> http_sources() const override { return {}; }
  void submit(const std::string& source, std::string payload,
              std::move_only_function<void(api::AlertReceipt)> done) override;
};

/// Commands go to the shard that has what they are about, or to all where nobody can know. Thread-safe.
class KafkaCommandIntake final : public api::CommandIntake {
 public:
  struct Options {
    log::KafkaTopics topics;
    std::uint32_t shards = 1;
    std::function<std::string()> brokers_fault;  // empty: they answer
    /// Of a shard that this process owns: the record at which it halted, or 0. Nothing: it does not own it.
    std::function<std::optional<log::Position>(std::uint32_t)> halted_at;
    std::function<std::string()> incident_prefix;
  };
  KafkaCommandIntake(kafka::Producer& producer, Options options) : producer_(producer), options_(std::move(options)) {}
  void submit(std::string text, std::move_only_function<void(api::CommandReceipt)> done) override;

 private:
  kafka::Producer& producer_;
  Options options_;
};

/// A record for control, from a record's kind and payload.
struct ControlRecord {
  ControlRecord(const log::KafkaTopics& topics, log::RecordKind kind, std::string payload, log::Position skips = 0);
  /// Lives as long as this does.
  [[nodiscard]] kafka::OutgoingRecord to(std::uint32_t shard) const;

 private:
  std::string topic_;
  std::string kind_;
  std::string skips_;
  std::string value_;
  bool compressed_ = false;
};

}  // namespace triaged::app

// Whether the brokers answer, asked by a client of its own: those that do the work wait and try again in silence.
#pragma once

#include <condition_variable>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "connectors/kafka/partition_reader.hpp"

namespace triaged::app {

/// Has a thread. Thread-safe.
class BrokerProbe {
 public:
  /// `on_change` is called by the probe's thread: a sentence's end while nobody answers, empty when somebody does
  /// again.
  static std::expected<std::unique_ptr<BrokerProbe>, kafka::Error> start(const kafka::ClientOptions& client,
                                                                         std::string topic,
                                                                         std::function<void(std::string)> on_change);
  /// What it told last.
  [[nodiscard]] std::string fault() const;

 private:
  BrokerProbe(std::unique_ptr<kafka::PartitionReader> reader, std::string topic,
              std::function<void(std::string)> on_change);
  void run(const std::stop_token& stop);

  std::unique_ptr<kafka::PartitionReader> reader_;
  std::string topic_;
  std::function<void(std::string)> on_change_;
  mutable std::mutex mutex_;
  std::condition_variable_any stopping_;
  std::string fault_;
  std::jthread thread_;
};

}  // namespace triaged::app

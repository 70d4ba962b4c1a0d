// The outputs of a log in Kafka, of all shards, whoever owns them.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "connectors/log/kafka/output_reader.hpp"
#include "daemon/pipeline/output_source.hpp"

namespace triaged::pipeline {

/// wake() may be called by any thread.
class KafkaOutputs final : public OutputSource {
 public:
  /// Connects in the background. An error where the client's properties are wrong, or there are more shards than a read
  /// model has room for.
  static std::expected<std::unique_ptr<KafkaOutputs>, std::string> open(log::OutputReader::Options options);

  std::expected<std::string, Fault> begin(const readmodel::Progress& progress) override;
  std::expected<Next, Fault> next() override;
  void wait(Duration at_most) override { reader_->wait(at_most); }
  void wake() override { reader_->wake(); }

 private:
  explicit KafkaOutputs(std::unique_ptr<log::OutputReader> reader) : reader_(std::move(reader)) {}
  std::unique_ptr<log::OutputReader> reader_;
};

}  // namespace triaged::pipeline

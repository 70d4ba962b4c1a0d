// A shard's log in Kafka, written step by step by a test.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/producer.hpp"
#include "connectors/kafka/transactional_producer.hpp"
#include "connectors/log/cut_codec.hpp"
#include "connectors/log/kafka/kafka_log_reader.hpp"
#include "connectors/log/kafka/topics.hpp"
#include "tests/integration/kafka/broker.hpp"

namespace triaged::log {

class KafkaShard {
 public:
  KafkaShard() {
    last_.next.resize(kInputs);
    topics_.source = kafka::fresh_topic();
    topics_.prefix = topics_.source + ".";
    const auto prepared = prepare_topics(*kafka::admin(), topics_, 1);
    INFO((prepared ? "" : prepared.error().message));
    REQUIRE(prepared);
    producer_ = *kafka::Producer::open(kafka::broker());
    committer_ =
        *kafka::TransactionalProducer::open({.client = kafka::broker(), .transactional_id = topics_.prefix + "0"});
  }

  [[nodiscard]] const KafkaTopics& topics() const { return topics_; }

  std::uint64_t alert(std::string_view value, std::vector<kafka::Header> headers = {}) {
    return send(topics_.source, value, std::move(headers));
  }
  std::uint64_t control(std::string_view kind, std::string_view value) {
    return send(topics_.control(), value, {{"kind", kind}});
  }
  /// To the topic of alerts, in one transaction.
  void alerts_together(const std::vector<std::string>& values) { commit(topics_.source, values); }

  /// Follows the cut before it; commits it together with the others of the call.
  Cut cut(std::vector<Run> runs, Time ceiling = {}) { return cuts({std::move(runs)}, ceiling).back(); }
  std::vector<Cut> cuts(const std::vector<std::vector<Run>>& of_runs, Time ceiling = {}) {
    std::vector<Cut> made;
    std::vector<std::string> texts;
    for (const auto& runs : of_runs) {
      last_.previous = last_.number == 0 ? Hash() : hash_of(last_);
      ++last_.number;
      last_.runs = runs;
      last_.ceiling = ceiling;
      for (const Run& run : runs) {
        last_.through += run.count;
        // A test may name an input that is none.
        if (run.input < last_.next.size()) last_.next[run.input] = run.last + 1;
      }
      made.push_back(last_);
      texts.push_back(encode(last_));
    }
    commit(topics_.cuts(), texts);
    return made;
  }

  [[nodiscard]] std::unique_ptr<KafkaLogReader> reader(Duration patience = kafka::kLong) const {
    auto made = KafkaLogReader::open(
        {.client = kafka::broker(), .topics = topics_, .shard = 0, .source = "alerts", .patience = patience});
    REQUIRE(made);
    return *std::move(made);
  }

 private:
  std::uint64_t send(const std::string& topic, std::string_view value, std::vector<kafka::Header> headers) {
    const auto sent = producer_->send(
        {.topic = topic, .partition = 0, .key = "", .value = value, .headers = std::move(headers)}, kafka::kLong);
    REQUIRE(sent);
    return static_cast<std::uint64_t>(*sent);
  }
  void commit(const std::string& topic, const std::vector<std::string>& values) {
    std::vector<kafka::OutgoingRecord> records;
    records.reserve(values.size());
    for (const std::string& value : values) {
      records.push_back({.topic = topic, .partition = 0, .key = "", .value = value});
    }
    REQUIRE(committer_->commit(records, {}, nullptr));
  }

  KafkaTopics topics_;
  std::unique_ptr<kafka::Producer> producer_;
  std::unique_ptr<kafka::TransactionalProducer> committer_;
  Cut last_;
};

}  // namespace triaged::log

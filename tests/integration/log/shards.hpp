// A log in Kafka as its outputs and cuts are, written by the test.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/clock/clock.hpp"
#include "connectors/kafka/partition_reader.hpp"
#include "connectors/kafka/transactional_producer.hpp"
#include "connectors/log/cut_codec.hpp"
#include "connectors/log/kafka/output_reader.hpp"
#include "tests/integration/kafka/broker.hpp"

namespace triaged::test {

struct Made {
  log::Topic topic{};
  std::string key;
  std::uint64_t left_out = 0;  // numbers that are given to outputs before it, which are not there
  std::string value = "v";
};

/// The topics of a log with two shards, and who writes them.
class Shards {
 public:
  Shards() {
    for (const auto& name :
         {topics.name(log::Topic::incidents), topics.name(log::Topic::alerts), topics.name(log::Topic::audit),
          topics.name(log::Topic::silences), topics.name(log::Topic::rejected), topics.cuts()}) {
      REQUIRE(kafka::admin()->create({.name = name, .partitions = 2, .replication = 1, .configuration = {}}));
    }
    for (auto& cut : cuts_) cut.next = {0, 0};
  }

  /// One cut with these outputs; its number.
  std::uint64_t commit(std::uint32_t shard, const std::vector<Made>& made) {
    log::Cut& cut = cuts_.at(shard);
    send(shard, made, cut, [](std::string_view) {});
    return cut.number;
  }
  /// As that, but while the transaction is open `meanwhile` is called.
  void commit_slowly(std::uint32_t shard, const std::vector<Made>& made, const std::function<void()>& meanwhile) {
    producers_[shard].reset();
    send(shard, made, cuts_.at(shard), [&](std::string_view stage) {
      if (stage == "produced") meanwhile();
    });
    producers_[shard].reset();
  }
  /// As that, and is fenced before it commits.
  void abort(std::uint32_t shard, const std::vector<Made>& made) {
    log::Cut lost = cuts_.at(shard);
    producers_[shard].reset();
    std::unique_ptr<kafka::TransactionalProducer> next;
    const std::int64_t end = cuts_end(shard);
    send(shard, made, lost, [&](std::string_view stage) {
      if (stage != "produced") return;
      const clock::Stopwatch stopwatch;
      while (cuts_end(shard) == end && stopwatch.elapsed() < kafka::kLong) continue;  // until it is there
      next = open(shard, {});
    });
    producers_[shard] = std::move(next);
  }

  [[nodiscard]] log::OutputReader::Options options() const {
    return {.client = kafka::broker(), .topics = topics, .shards = 2, .patience = kafka::kLong};
  }

  log::KafkaTopics topics{.source = "none", .prefix = kafka::fresh_name() + "."};

 private:
  [[nodiscard]] std::int64_t cuts_end(std::uint32_t shard) const {
    auto reader = kafka::PartitionReader::open(kafka::broker(), kafka::PartitionReader::Isolation::uncommitted);
    REQUIRE(reader);
    const auto marks = (*reader)->watermarks(topics.cuts(), static_cast<std::int32_t>(shard), kafka::kLong);
    REQUIRE(marks);
    return marks->high;
  }

  std::unique_ptr<kafka::TransactionalProducer> open(std::uint32_t shard,
                                                     std::function<void(std::string_view)> on_stage) const {
    kafka::TransactionalProducer::Options options{.client = kafka::broker(),
                                                  .transactional_id = topics.prefix + std::to_string(shard)};
    if (on_stage) options.on_stage = std::move(on_stage);
    auto opened = kafka::TransactionalProducer::open(std::move(options));
    INFO((opened ? "" : opened.error().message));
    REQUIRE(opened);
    return *std::move(opened);
  }

  void send(std::uint32_t shard, const std::vector<Made>& made, log::Cut& cut,
            const std::function<void(std::string_view)>& on_stage) {
    ++cut.number;
    cut.clock += Duration{100};
    const auto partition = static_cast<std::int32_t>(shard);
    const std::string number = std::to_string(cut.number);
    std::vector<std::string> numbers(made.size());
    std::vector<std::string> names(made.size());
    std::vector<kafka::OutgoingRecord> records;
    for (std::size_t i = 0; i < made.size(); ++i) {
      cut.outputs += made[i].left_out + 1;
      cut.latest.at(log::place_of(made[i].topic)) = cut.outputs;
      numbers[i] = std::to_string(cut.outputs);
      names[i] = topics.name(made[i].topic);
      records.push_back({.topic = names[i],
                         .partition = partition,
                         .key = made[i].key,
                         .value = made[i].value,
                         .headers = {{"cut", number}, {"n", numbers[i]}}});
    }
    const std::string text = log::encode(cut);
    const std::string cuts = topics.cuts();
    records.push_back({.topic = cuts, .partition = partition, .key = {}, .value = text});
    auto& producer = producers_[shard];
    if (!producer) producer = open(shard, on_stage);
    const auto done = producer->commit(records, {}, nullptr);
    INFO((done ? "" : done.error().message));
    CHECK((done || done.error().kind == kafka::Error::Kind::fenced));
  }

  std::array<log::Cut, 2> cuts_{};
  std::map<std::uint32_t, std::unique_ptr<kafka::TransactionalProducer>> producers_;
};

}  // namespace triaged::test

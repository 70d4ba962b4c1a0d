#include "connectors/log/kafka/kafka_committer.hpp"

#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "connectors/log/cut_codec.hpp"
#include "connectors/wire/document_reader.hpp"

namespace triaged::log {
namespace {

constexpr std::array kAllTopics{Topic::incidents, Topic::alerts, Topic::audit, Topic::silences, Topic::rejected};

/// What headers say of an output: the texts that they are views of.
struct Words {
  std::string number;
  std::string reason;
  std::string source;
  std::string delivery;
};

}  // namespace

KafkaCommitter::KafkaCommitter(KafkaTopics topics, std::string group, std::uint32_t shard,
                               std::unique_ptr<kafka::TransactionalProducer> producer)
    : topics_(std::move(topics)),
      group_(std::move(group)),
      shard_(static_cast<std::int32_t>(shard)),
      producer_(std::move(producer)) {}

std::expected<std::unique_ptr<KafkaCommitter>, kafka::Error> KafkaCommitter::open(Options options) {
  std::vector<std::string> topics{options.topics.cuts()};
  for (const Topic topic : kAllTopics) topics.push_back(options.topics.name(topic));
  auto producer =
      kafka::TransactionalProducer::open({.client = std::move(options.client),
                                          .transactional_id = fmt::format("{}-{}", options.group, options.shard),
                                          .topics = std::move(topics),
                                          .go_on = std::move(options.go_on),
                                          .on_stage = std::move(options.on_stage)});
  if (!producer) return std::unexpected(producer.error());
  return std::unique_ptr<KafkaCommitter>(
      new KafkaCommitter(std::move(options.topics), std::move(options.group), options.shard, *std::move(producer)));
}

std::expected<kafka::TransactionalProducer::Committed, kafka::Error> KafkaCommitter::commit(
    const Batch& batch, const kafka::GroupMembership& member) {
  std::array<std::string, kTopics> names;
  for (const Topic topic : kAllTopics) {
    names.at(place_of(topic)) = topics_.name(topic);
  }
  const std::string cuts = topics_.cuts();
  const std::string cut_number = std::to_string(batch.cut.number);
  const std::string cut_text = encode(batch.cut);
  std::vector<Words> words(batch.outputs.size());
  std::vector<kafka::OutgoingRecord> records;
  records.reserve(batch.outputs.size() + 1);
  std::uint64_t number = batch.cut.outputs - batch.outputs.size();
  wire::DocumentReader reader;
  for (std::size_t i = 0; i < batch.outputs.size(); ++i) {
    const Output& output = batch.outputs[i];
    Words& said = words[i];
    said.number = std::to_string(++number);
    kafka::OutgoingRecord& record =
        records.emplace_back(kafka::OutgoingRecord{.topic = names.at(place_of(output.topic)),
                                                   .partition = shard_,
                                                   .key = output.key,
                                                   .value = output.value,
                                                   .headers = {{"cut", cut_number}, {"n", said.number}}});
    wire::RejectionFields rejection;
    if (output.topic != Topic::rejected || !reader.read(output.value, rejection)) continue;
    said.reason = std::move(rejection.reason);
    said.source = std::move(rejection.source);
    if (rejection.offset) {
      said.delivery = fmt::format("{}/{}/{}", rejection.input == kControlInput ? topics_.control() : topics_.source,
                                  shard_, *rejection.offset);
    }
    record.headers.push_back({"reason", said.reason});
    record.headers.push_back({"source", said.source});
    record.headers.push_back({"delivery", said.delivery});
  }
  records.push_back({.topic = cuts, .partition = shard_, .key = {}, .value = cut_text, .headers = {{"group", group_}}});
  std::vector<kafka::PartitionOffset> consumed;
  for (const auto& [topic, input] :
       {std::pair(topics_.control(), kControlInput), std::pair(topics_.source, kAlertsInput)}) {
    consumed.push_back({topic, shard_, static_cast<std::int64_t>(batch.cut.next.at(input))});
  }
  return producer_->commit(records, consumed, member);
}

}  // namespace triaged::log

// One shard's batches, committed: outputs, cut and offsets in one transaction.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/kafka/transactional_producer.hpp"
#include "connectors/log/kafka/topics.hpp"
#include "connectors/log/shard_log.hpp"

namespace triaged::log {

/// One thread at a time. Calls block.
///
/// The transactional id is `<group>-<shard>`, whoever owns the shard (hole 5 of docs/decisions/0006): to open it fences
/// the owner before, and nothing that one still sends counts.
class KafkaCommitter {
 public:
  struct Options {
    kafka::ClientOptions client;
    KafkaTopics topics;
    std::string group;
    std::uint32_t shard = 0;
    std::function<bool()> go_on;                     // see TransactionalProducer
    std::function<void(std::string_view)> on_stage;  // likewise
  };
  static std::expected<std::unique_ptr<KafkaCommitter>, kafka::Error> open(Options options);

  /// The batch as bytes: after an abort the same go out again (hole 6). Errors as TransactionalProducer::commit() has
  /// them; after one the object is of no use any more, and the shard's last cut says what was committed.
  std::expected<kafka::TransactionalProducer::Committed, kafka::Error> commit(const Batch& batch,
                                                                              const kafka::GroupMembership& member);

 private:
  KafkaCommitter(KafkaTopics topics, std::string group, std::uint32_t shard,
                 std::unique_ptr<kafka::TransactionalProducer> producer);

  KafkaTopics topics_;
  std::string group_;
  std::int32_t shard_;
  std::unique_ptr<kafka::TransactionalProducer> producer_;
};

}  // namespace triaged::log

// Records and consumed offsets, committed together or not at all.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/kafka/client.hpp"
#include "connectors/kafka/group_membership.hpp"
#include "rules/model/time.hpp"

namespace triaged::kafka {

/// One transactional id, one thread at a time. Calls block.
class TransactionalProducer {
 public:
  struct Options {
    ClientOptions client;
    /// Stable for a shard, whoever owns it: taking it over fences the owner before.
    std::string transactional_id;
    /// That will be produced to. librdkafka learns who leads a partition when it is first used, and that takes up to a
    /// second; of these it is asked beforehand.
    std::vector<std::string> topics{};
    Duration transaction_timeout = std::chrono::seconds(15);  // the broker aborts what is open for longer
    /// Between two tries of what can be tried again; returns false to give up, for good.
    std::function<bool()> go_on = [] { return true; };
    /// Told, by the thread that commits, how far a transaction is: "produced", "committed".
    std::function<void(std::string_view)> on_stage = [](std::string_view) {};
  };

  /// Fences whoever had the id, and waits until what they left open is aborted.
  static std::expected<std::unique_ptr<TransactionalProducer>, Error> open(Options options);
  ~TransactionalProducer();
  TransactionalProducer(const TransactionalProducer&) = delete;
  TransactionalProducer& operator=(const TransactionalProducer&) = delete;

  struct Committed {
    std::uint32_t aborts = 0;  // transactions before the one that succeeded
    bool epoch_taken = false;  // a request went unanswered, so this is another producer now
  };
  /// Everything in one transaction; after an abort the same bytes go out again in another. An error is `fenced`,
  /// `denied` or `fatal`, or what was last in the way when go_on() gave up: then nobody knows whether it is committed,
  /// and the object is of no use any more.
  std::expected<Committed, Error> commit(std::span<const OutgoingRecord> records,
                                         std::span<const PartitionOffset> consumed, const GroupMembership& member);

 private:
  struct Impl;
  explicit TransactionalProducer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace triaged::kafka

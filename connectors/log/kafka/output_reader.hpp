// The outputs of all shards, from their topics, and which cuts are complete with them.
//
// A cut is complete when of each topic an output was read that its shard numbered as its latest, or a later one. Later
// ones will do, since compaction takes away what another document has replaced. What is gone otherwise is known by the
// end of the partition: no transaction is open there, and there is nothing to read.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/clock/clock.hpp"
#include "connectors/kafka/assigned_consumer.hpp"
#include "connectors/kafka/partition_reader.hpp"
#include "connectors/log/kafka/output_place.hpp"
#include "connectors/log/kafka/topics.hpp"
#include "connectors/log/shard_log.hpp"

namespace triaged::log {

/// A cut, as far as whoever reads outputs has to know it.
struct CompleteCut {
  std::uint32_t shard = 0;
  std::uint64_t number = 0;  // 0: none
  Time clock{};
  std::uint64_t outputs = 0;
  friend bool operator==(const CompleteCut&, const CompleteCut&) = default;
};

/// One thread at a time, but for wake(). Sees what is committed.
class OutputReader {
 public:
  struct Options {
    kafka::ClientOptions client;
    KafkaTopics topics;
    std::uint32_t shards = 1;
    Duration patience = std::chrono::seconds(5);  // with a question to the cluster
  };
  struct Fault {
    std::string message;
    bool others = false;  // the topics are not those that were read before
  };

  /// Connects in the background.
  static std::expected<std::unique_ptr<OutputReader>, Fault> open(Options options);

  /// Reads on from `resume`, which resume() gave, with cuts that are complete since; where it is empty, from the oldest
  /// outputs that are kept. A fault that says `others` where the topics can't be those of that text.
  std::expected<void, Fault> begin(std::string_view resume, const std::vector<CompleteCut>& complete);

  struct Portion {
    // Of a shard in the order of their numbers. Who reads an audit record has what it led to: it is kept back until its
    // cut is complete, as long as there are not too many.
    std::vector<NumberedOutput> outputs;
    std::vector<CompleteCut> complete;  // the newest of each shard of which there are news
    bool more = false;                  // there is, behind it
  };
  /// What is there, without waiting for more. After a fault without `others` it may be called again.
  std::expected<Portion, Fault> next();
  /// Behind the last portion.
  [[nodiscard]] std::string resume() const;

  /// Returns when there may be more, after `at_most`, or when wake() was called since it returned last.
  void wait(Duration at_most);
  /// Thread-safe.
  void wake();

 private:
  struct Expected : CompleteCut {
    std::array<std::uint64_t, kTopics> latest{};  // as Cut has it
  };
  struct KeptBack {
    NumberedOutput output;
    OutputPlace before;  // where reading goes on so that it comes again
  };
  struct Shard {
    CompleteCut complete{};                         // the newest
    std::deque<Expected> expected{};                // cuts that are not complete yet
    std::int64_t cuts_from = 0;                     // where reading its cuts began
    std::int64_t cuts_low = 0;                      // the oldest offset of them
    std::int64_t cuts_next = 0;                     // where it goes on
    std::uint64_t newest_cut = 0;                   // that was read since begin(); 0: none was
    std::array<bool, kReadTopics.size()> at_end{};  // of what is committed in the topic
    std::deque<KeptBack> audits{};
    std::optional<clock::Stopwatch> waiting{};  // since the oldest of `expected` was looked after last
  };
  using Done = std::expected<void, Fault>;

  OutputReader(Options options, std::unique_ptr<kafka::AssignedConsumer> consumer);
  Done take(const kafka::AssignedConsumer::Step& step, Portion& portion, std::size_t& bytes);
  Done take_cut(const kafka::IncomingRecord& record, Shard& shard);
  Done take_end(const kafka::PartitionOffset& end);
  Done assign();
  Done go_on();
  Done complete(std::uint32_t number, Portion& portion);
  /// Of those that were kept back, at least all of cuts that are complete.
  void give_audits(Shard& shard, Portion& portion);
  Done look_at_ends(std::uint32_t number);
  [[nodiscard]] bool has_all(std::uint32_t shard, const Expected& cut) const;
  /// Which of kReadTopics; their number: the topic of cuts.
  [[nodiscard]] std::size_t which(std::string_view topic) const;

  Options options_;
  std::array<std::string, kReadTopics.size()> names_;
  std::string cuts_;
  std::unique_ptr<kafka::AssignedConsumer> consumer_;
  std::unique_ptr<kafka::PartitionReader> ends_;  // sees what is not committed too; opened when it is needed
  std::vector<ShardPlaces> places_;
  std::vector<Shard> shards_;
  std::size_t kept_back_ = 0;                          // audit records, of all shards
  bool misplaced_ = false;                             // reading has to go on elsewhere, before anything is read
  std::vector<kafka::PartitionOffset> gone_;           // where it went on, and can't
  std::optional<kafka::AssignedConsumer::Step> held_;  // wait() got it
  std::optional<Fault> fault_;                         // to be told when what came before it was
  std::atomic<bool> woken_ = false;
};

}  // namespace triaged::log

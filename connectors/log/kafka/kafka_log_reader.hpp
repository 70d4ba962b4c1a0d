// What recovery and replay read of one shard's log in Kafka.
//
// The cuts say which records were taken, by runs of offsets: so a position becomes an offset, and what stands at that
// offset a record. Outputs are not read back: outputs() gives none, and what was left out is said by records
// themselves.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/partition_reader.hpp"
#include "connectors/log/kafka/cut_reader.hpp"
#include "connectors/log/kafka/topics.hpp"
#include "connectors/log/shard_log.hpp"

namespace triaged::log {

/// One thread at a time. Has consumers of its own, in no group, each of which fetches ahead.
class KafkaLogReader final : public LogReader {
 public:
  struct Options {
    kafka::ClientOptions client;
    KafkaTopics topics;
    std::uint32_t shard = 0;
    std::string source;                            // Record::source of alerts: the name in the configuration
    Duration patience = std::chrono::seconds(30);  // of each answer from the brokers
  };
  static std::expected<std::unique_ptr<KafkaLogReader>, LogError> open(Options options);

  /// The first from which on all are there, as far as cuts are; one behind the last where none is.
  std::expected<Position, LogError> first_record() override;
  /// Those that a cut took. `broken` where one is gone: the message says which, and what to do.
  std::expected<std::vector<Record>, LogError> records(Position after, std::size_t bytes) override;
  /// See CutReader::last().
  std::expected<std::optional<Cut>, LogError> last_cut() override;
  /// See CutReader::last_group().
  [[nodiscard]] const std::string& last_group() const { return cuts_->last_group(); }
  std::expected<std::vector<Cut>, LogError> cuts(std::uint64_t after, std::size_t count) override;
  std::expected<std::vector<Output>, LogError> outputs(std::uint64_t cut) override;
  std::expected<std::uint64_t, LogError> rejected_gone() override;
  std::expected<std::vector<Position>, LogError> skipped() override;

 private:
  explicit KafkaLogReader(Options options) : options_(std::move(options)) {}
  std::expected<void, LogError> go_to(Position after);
  std::expected<bool, LogError> next_cut(Position at);
  void take(Cut cut);
  std::expected<Record, LogError> next_record();
  std::expected<PartitionCursor*, LogError> input(std::uint32_t number);
  [[nodiscard]] std::unexpected<LogError> lost(std::string_view what) const;
  [[nodiscard]] std::unexpected<LogError> too_short(PartitionCursor& input, std::int64_t last) const;

  Options options_;
  std::unique_ptr<CutReader> cuts_;
  std::optional<std::uint64_t> cuts_after_;  // what cuts_ reads next is behind this one
  std::array<std::optional<PartitionCursor>, kInputs> inputs_;
  // Of records(), which goes over the cuts on its own.
  std::unique_ptr<CutReader> tail_;
  std::optional<Position> at_;  // the last position that was passed; nothing: nowhere
  Cut cut_;                     // whose records come now
  std::size_t run_ = 0;         // the one of it that is being read
  std::uint64_t taken_ = 0;     // of that run
  std::int64_t next_ = 0;       // offset in its input
};

/// Where reading begins, of a shard that never read.
struct KafkaStart {
  enum class From : std::uint8_t { earliest, latest, time } from = From::earliest;
  Time time{};
};
/// What Cut::next of its first cut is to say: control from its oldest record, alerts from where `start` says.
[[nodiscard]] std::expected<std::vector<std::uint64_t>, LogError> start_offsets(kafka::PartitionReader& reader,
                                                                                const KafkaTopics& topics,
                                                                                std::uint32_t shard,
                                                                                const KafkaStart& start,
                                                                                Duration patience);

}  // namespace triaged::log

// The shard log: inputs in order, and what they led to. Cuts are the truth about what was done.
//
//   record   one delivery: the bytes that came, when, from where; durable before anything is made of it
//   cut      one small record a batch: which records it took, which rules, what came out, chained by hash
//   output   one document on a topic
//
// The values here are the same for every kind of log; local/ keeps them in SQLite, memory/ in memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rules/model/time.hpp"

namespace triaged::log {

/// Of a record in its log, from 1, without gaps. 0: before the first.
using Position = std::uint64_t;
/// SHA-256, hex; empty: none.
using Hash = std::string;

enum class RecordKind : std::uint8_t {
  alerts = 1,         // payload: one document of alerts (wire::AlertDecoder)
  lines = 2,          // payload: whole documents of alerts, as they stand in a file (wire::AlertStream)
  command = 3,        // payload: one command as JSON
  bundle = 4,         // payload: the texts of a bundle (config/bundle_text.hpp)
  skip = 5,           // payload: one command `skip` as JSON: the record at that position is left out
  engine_change = 6,  // payload: a sentence: an operator let another version of the engine go on
  nothing = 7,        // no payload: a place that a log has given away, such as a tombstone's
};

/// Where a record stands, in a log that does not number its records itself: the offset in one of its inputs.
struct Origin {
  std::uint32_t input = 0;  // the number means something to the log alone
  std::uint64_t offset = 0;
  friend bool operator==(const Origin&, const Origin&) = default;
};

/// Records that a batch took one after the other from one input. Between their offsets there may be gaps.
struct Run {
  std::uint32_t input = 0;
  std::uint64_t first = 0;  // offset
  std::uint64_t last = 0;   // likewise
  std::uint64_t count = 0;
  bool skipped = false;  // left out, by an operator's word
  friend bool operator==(const Run&, const Run&) = default;
};

/// One delivery, in order. Equal records give equal effects.
struct Record {
  Position position = 0;
  Time log_time{};  // never earlier than that of the record before
  RecordKind kind{};
  std::string source;  // the name in the configuration; empty: the daemon itself
  std::string payload;
  Position skips = 0;  // of a skip record: the record that is left out
  std::optional<Origin> origin{};
  bool left_out = false;  // the cut that took it says so
};

enum class Topic : std::uint8_t { incidents = 1, alerts = 2, audit = 3, silences = 4, rejected = 5 };
inline constexpr std::size_t kTopics = 5;
/// From 0, for what is kept by topic.
[[nodiscard]] constexpr std::size_t place_of(Topic topic) { return static_cast<std::size_t>(topic) - 1; }

/// One document. The key is the record's id; the value is the whole document as one line of JSON.
struct Output {
  Topic topic{};
  std::string key;
  std::string value;
  friend bool operator==(const Output&, const Output&) = default;
};

/// An output, as whoever reads several shards has it.
struct NumberedOutput {
  std::uint32_t shard = 0;
  std::uint64_t number = 0;  // among those of its shard, from 1, as Cut::outputs counts
  Output output;
};

/// One batch, done. Its own hash is that of its encoding (cut_codec.hpp).
struct Cut {
  std::uint64_t number = 0;   // from 1
  Hash previous;              // of the cut before; empty for the first
  Position through = 0;       // the batch took the records after the cut before's up to here
  Time clock{};               // a tick at this time closed the batch
  std::uint64_t attempt = 0;  // takes nothing: says that so many records after `through` are about to be tried; else 0
  std::string engine_version;
  std::string bundle;         // the bundle's hash after this batch
  std::uint64_t outputs = 0;  // how many, since the first cut
  Hash outputs_hash;          // of this batch's, in order
  Time clamped{};             // the wall clock, where log time did not follow it; else unset
  // Where the log numbers its records itself, the rest is empty.
  Time ceiling{};                               // log times later than this counted as this; unset: none was later
  std::vector<Run> runs{};                      // which records it took, in order
  std::vector<std::uint64_t> next{};            // by input: the offset at which reading goes on
  std::array<std::uint64_t, kTopics> latest{};  // by topic: the number of its last output, counted like `outputs`
  friend bool operator==(const Cut&, const Cut&) = default;
};

/// What went wrong with the log itself. `full`: no room, try again later; `broken`: the log can't be used; `refused`:
/// people have to change something before it can.
struct LogError {
  enum class Kind : std::uint8_t { full, unavailable, broken, refused } kind = Kind::broken;
  std::string message;  // a sentence that names the file or the topic
};

/// Something to be recorded; the log gives it its position.
struct Delivery {
  RecordKind kind{};
  std::string source;
  std::string payload;
  Time log_time{};
  Position skips = 0;
  /// Where the source goes on after this, in its own words; recorded in the same transaction. Empty: no such thing.
  std::string resume;
};

/// A batch that is done: committed as a whole.
struct Batch {
  Cut cut;
  std::vector<Output> outputs;
};

/// What a log takes. Not thread-safe.
class LogWriter {
 public:
  LogWriter() = default;
  virtual ~LogWriter() = default;
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// Durable when it returns, all of it or nothing. `batch` may be null. The position of the first delivery; the others
  /// follow. After an error the same may be written again. With neither deliveries nor a batch it says whether the log
  /// can be written.
  virtual std::expected<Position, LogError> write(std::span<const Delivery> deliveries, const Batch* batch) = 0;
};

/// What recovery and replay read. Not thread-safe; what it gives are values.
class LogReader {
 public:
  LogReader() = default;
  virtual ~LogReader() = default;
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

  /// The oldest record that is still kept; 0: none was ever written.
  virtual std::expected<Position, LogError> first_record() = 0;
  /// Records after `after` in order: at least one, if there is one, and at most about `bytes` of payload.
  virtual std::expected<std::vector<Record>, LogError> records(Position after, std::size_t bytes) = 0;
  virtual std::expected<std::optional<Cut>, LogError> last_cut() = 0;
  /// Cuts with a number above `after`, in order, at most `count`.
  virtual std::expected<std::vector<Cut>, LogError> cuts(std::uint64_t after, std::size_t count) = 0;
  /// Outputs of that cut, in order. Empty also where they were let go.
  virtual std::expected<std::vector<Output>, LogError> outputs(std::uint64_t cut) = 0;
  /// The last cut whose outputs may be without what was rejected, since that is let go before the others; 0: none.
  virtual std::expected<std::uint64_t, LogError> rejected_gone() = 0;
  /// Positions of the records that skip records name, ascending.
  virtual std::expected<std::vector<Position>, LogError> skipped() = 0;
};

}  // namespace triaged::log

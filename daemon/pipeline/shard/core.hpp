// What the core thread does, step by step, without the thread: the simulation takes the same steps.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/pipeline/shard/delivery_decoder.hpp"
#include "daemon/pipeline/shard/recovery.hpp"
#include "daemon/pipeline/shard/shard.hpp"

namespace triaged::pipeline {

/// A record that is durable, with its alerts where they were decoded already: then it may be without its payload.
struct Durable {
  Durable(log::Record of, DecodedAlerts decoded, std::uint64_t size)
      : record(std::move(of)), alerts(std::move(decoded)), bytes(size) {}
  explicit Durable(log::Record of, DecodedAlerts decoded = {})
      : record(std::move(of)), alerts(std::move(decoded)), bytes(record.payload.size()) {}

  log::Record record;
  DecodedAlerts alerts;
  std::uint64_t bytes = 0;  // of the payload
};

/// What comes first after an end is taken with care: nobody knows which of the records that were not committed may have
/// brought that end about. So each group of them is announced by an attempt, then taken; nothing else is computed until
/// it is committed. Whoever comes next finds the announcement, and takes smaller groups.
struct Care {
  std::uint64_t records = 0;   // of the first, so many, at least
  std::uint64_t each = 1;      // records in a group
  std::uint32_t attempts = 0;  // how often the first group was announced already, as it is
};

/// `waiting`: how many records the log holds that an earlier process may have taken; each is taken alone.
[[nodiscard]] Care care_after(const Recovered& recovered, std::uint64_t waiting);
/// Where nobody knows how many those are. First all that come in a batch; then, if that ended badly, groups, then
/// alone.
[[nodiscard]] Care care_after(const Recovered& recovered);

/// Takes durable records and makes batches of them. One batch is in flight at most: the next one is computed while it
/// commits.
///
/// Not thread-safe.
class Core {
 public:
  /// A batch of `most_bytes` of payloads is closed at once, and the next one waits until it is committed.
  Core(Recovered recovered, Care care, std::uint64_t most_bytes = std::uint64_t{4} << 20U);

  void add(Durable durable);
  /// The batch that step() gave is durable.
  void committed() { in_flight_ = false; }

  /// How things stand around the shard.
  struct Moment {
    Time now{};             // log time, for ticks; and what batches are timed by
    Time clamped{};         // Cut::clamped
    Time ceiling = kNever;  // log times of records later than this count as this
    bool caught_up = true;  // nothing is in the log that was not added: time passes
  };

  struct Step {
    std::shared_ptr<const log::Batch> commit;  // to be committed; null: nothing to do before `wake` or the next record
    bool closed = false;                       // the batch took records or time: a snapshot may be taken now
    Time since{};                              // when the oldest of what it took came; else unset
    Time wake = kNever;
    std::uint64_t taken_bytes = 0;  // of payloads of records that were taken
  };
  /// `flush`: what is open is closed at once.
  Step step(const Moment& moment, bool flush);

  /// Why the shard does not go on, and at which record; it may be told to leave that one out by a skip record.
  struct Halt {
    log::Position position = 0;
    std::string why;
    bool final = false;  // nothing helps
  };
  [[nodiscard]] const std::optional<Halt>& halt() const { return halt_; }
  /// Nothing waits, and nothing is open or in flight.
  [[nodiscard]] bool finished() const;
  [[nodiscard]] const Shard& shard() const { return shard_; }

 private:
  bool tell_clock(Step& step, const Moment& moment);
  void step_with_care(Step& step, const Moment& moment);
  bool take_first(Step& step, const Moment& moment);
  void close(Step& step, Time until, Time clamped, bool tell_clock = false);
  void commit(Step& step, log::Batch batch);
  [[nodiscard]] bool skip_asked(log::Position position) const;
  [[nodiscard]] Time horizon(const Moment& moment) const;

  Shard shard_;
  Care care_;
  std::uint64_t most_bytes_;
  bool announced_ = false;  // the last attempt is ours
  std::deque<Durable> queue_;
  bool in_flight_ = false;
  std::optional<Halt> halt_;
  std::optional<Time> opened_at_;  // when the open batch began
  Time ceiling_ = kNever;          // of the open batch
  bool lowered_ = false;           // a log time in it
  std::uint64_t open_bytes_ = 0;   // of records in it
  /// A command's effects are out at this log time; whoever asked waits for a cut that is as late, also without outputs.
  std::optional<Time> owed_;
};

}  // namespace triaged::pipeline

// What the core thread does, step by step, without the thread: the simulation takes the same steps.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/wire/alert_batch.hpp"
#include "daemon/pipeline/shard/recovery.hpp"
#include "daemon/pipeline/shard/shard.hpp"

namespace triaged::pipeline {

/// A record that is durable, with its alerts where they were decoded already.
struct Durable {
  log::Record record;
  std::unique_ptr<wire::AlertBatch> alerts;
};

/// Takes durable records and makes batches of them. One batch is in flight at most: the next one is computed while it
/// commits. After an unclean end nobody knows which of the records that were not committed is to blame, so each of
/// those is announced by an attempt, then taken alone; who crashes on one finds its announcements.
///
/// Not thread-safe.
class Core {
 public:
  /// `waiting`: the records that the log holds behind the last cut.
  Core(Recovered recovered, std::vector<log::Record> waiting, bool unclean);

  void add(Durable durable);
  /// The batch that step() gave is durable.
  void committed() { in_flight_ = false; }

  struct Step {
    std::shared_ptr<const log::Batch> commit;  // to be committed; null: nothing to do before `wake` or the next record
    bool closed = false;                       // the batch took records or time: a snapshot may be taken now
    Time since{};                              // when the oldest of what it took came; else unset
    Time wake = kNever;
    std::uint64_t taken_bytes = 0;  // of payloads of records that were taken
  };
  /// `flush`: what is open is closed at once.
  Step step(Time now, Time clamped, bool flush);

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
  void step_alone(Step& step, Time now, Time clamped);
  bool take(Durable durable, Step& step);
  void close(Step& step, Time now, Time clamped, bool tell_clock = false);
  void commit(Step& step, log::Batch batch);
  [[nodiscard]] bool skip_asked(log::Position position) const;
  [[nodiscard]] Time horizon(Time now) const;

  Shard shard_;
  std::uint32_t attempts_;  // of the first of alone_
  bool announced_ = false;  // its last attempt is ours
  std::deque<Durable> alone_;
  std::deque<Durable> queue_;
  bool in_flight_ = false;
  std::optional<Halt> halt_;
  std::optional<Time> opened_at_;  // when the open batch began
  std::uint64_t open_bytes_ = 0;   // of records in it
  /// A command's effects are out at this log time; whoever asked waits for a cut that is as late, also without outputs.
  std::optional<Time> owed_;
};

}  // namespace triaged::pipeline

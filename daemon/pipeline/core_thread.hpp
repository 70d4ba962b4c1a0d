// The thread that owns the shard: durable records in, batches out to the log, snapshots now and then.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/pipeline/shard/core.hpp"
#include "daemon/pipeline/shard/snapshot_writer.hpp"

namespace triaged::pipeline {

/// What the shard looked like after its last batch; a value.
struct ShardView {
  std::shared_ptr<const Bundle> bundle;
  log::Cut cut;
  EngineCounts counts;
  std::uint64_t active_alerts = 0;
  std::uint64_t state_bytes = 0;
  IncidentCounts incidents;
  OpenedByRule opened;
  std::vector<bool> stalled_sources;  // by number in the bundle
};

/// Of a shard that has taken a record.
[[nodiscard]] ShardView view_of(const Shard& shard);

/// Thread-safe, but for start() and stop().
class CoreThread {
 public:
  struct Options {
    std::function<Core::Moment()> moment;  // but for caught_up, which is told to the thread
    SnapshotPolicy snapshots;
    /// To be committed, then committed() called; with Core::Step::since.
    std::function<void(std::shared_ptr<const log::Batch>, Time)> commit;
    std::function<void(std::uint64_t)> on_taken;                    // bytes of payloads
    std::function<void(ShardView)> on_view;                         // after each batch
    std::function<void(const std::optional<Core::Halt>&)> on_halt;  // nothing: it goes on
    std::function<void(const SnapshotResult&)> on_snapshot;
  };

  CoreThread(Core core, SnapshotWriter& snapshots, Options options);
  /// Call once. From here on the options' functions are called, by the thread.
  void start();
  ~CoreThread();
  CoreThread(const CoreThread&) = delete;
  CoreThread& operator=(const CoreThread&) = delete;

  void take(std::vector<Durable> records);
  /// Whether the log has more than was given to take(); it is not so at the start.
  void caught_up(bool all);
  /// The batch that was handed to the log is durable.
  void committed();
  /// The batch that was handed to the log will not be written any more.
  void give_up();
  /// Ends the thread, and leaves what is there as it is: somebody else has the shard now.
  void abandon();
  /// The record at which the shard halted; 0: it runs.
  [[nodiscard]] log::Position halted_at() const;
  /// Takes what is there, commits the last batch, writes a snapshot, ends the thread. Whether all of it was done.
  bool stop();

 private:
  void run();
  void after(const Core::Step& step);
  void maybe_snapshot();
  void report_halt();

  Core core_;
  SnapshotWriter& snapshots_;
  Options options_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Durable> incoming_;
  bool committed_ = false;
  bool given_up_ = false;
  bool caught_up_ = true;
  bool abandoned_ = false;
  bool retime_ = false;  // how long to wait has changed
  bool stopping_ = false;
  log::Position halted_at_ = 0;

  bool finished_ = false;              // all was done
  std::uint64_t snapshot_alerts_ = 0;  // taken when the last snapshot was begun
  Time snapshot_at_{};                 // when that was
  std::thread thread_;
};

}  // namespace triaged::pipeline

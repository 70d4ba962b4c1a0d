// Writes snapshots from a forked child: it has the state as it was and all the time it needs, while the shard goes on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "connectors/clock/clock.hpp"
#include "connectors/files/file_descriptor.hpp"
#include "connectors/log/snapshot_file.hpp"
#include "daemon/pipeline/shard/shard.hpp"

namespace triaged::pipeline {

/// When a snapshot is due: after so many alerts, or so long after the last one where anything came.
struct SnapshotPolicy {
  std::uint64_t max_tail = 1'000'000;
  Duration interval = std::chrono::minutes(5);
};

struct SnapshotResult {
  std::string error;  // empty: it is good, and was read back
  std::uint64_t cut = 0;
  log::Position through = 0;
  std::vector<std::uint64_t> next{};  // where reading goes on behind it, by input; see Cut::next
  std::uint64_t bytes = 0;            // of the file
  Duration stall{};                   // how long the shard stood still for it
  Duration took{};
};

/// Not thread-safe: it belongs to the thread that owns the shard. One snapshot at a time.
class SnapshotWriter {
 public:
  explicit SnapshotWriter(log::SnapshotStore store) : store_(std::move(store)) {}
  /// Ends a child that still writes.
  ~SnapshotWriter();
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  [[nodiscard]] bool busy() const { return child_ > 0; }
  /// Nothing was taken since the shard's last close(). A result at once where no child could be made.
  std::optional<SnapshotResult> begin(const Shard& shard);
  /// The child's result, if it has ended.
  std::optional<SnapshotResult> poll();
  /// Without a child; a child that still writes is ended first.
  SnapshotResult write_now(const Shard& shard);

 private:
  [[nodiscard]] std::string write(const Shard& shard, int slot) const;
  void measure(SnapshotResult& result) const;
  void end_child();

  log::SnapshotStore store_;
  pid_t child_ = 0;
  int slot_ = 0;                 // that was written last
  files::FileDescriptor words_;  // what the child says
  SnapshotResult pending_;
  clock::Stopwatch since_;
};

}  // namespace triaged::pipeline

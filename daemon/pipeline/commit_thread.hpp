// A thread that commits one shard's batches, while the next one is computed.
#pragma once

#include <chrono>
#include <condition_variable>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "connectors/log/shard_log.hpp"
#include "rules/model/time.hpp"

namespace triaged::pipeline {

/// Thread-safe, but for stop().
class CommitThread {
 public:
  struct Options {
    /// Commits all of it or nothing, and tries for as long as it makes sense; the error is final, a sentence.
    std::function<std::expected<void, std::string>(const log::Batch&)> commit;
    std::function<void(const log::Batch&, std::chrono::microseconds)> on_committed;
    /// Nothing is committed any more: what was not is somebody else's now, or the next process's.
    std::function<void(std::string)> on_failed;
  };
  explicit CommitThread(Options options);
  ~CommitThread();
  CommitThread(const CommitThread&) = delete;
  CommitThread& operator=(const CommitThread&) = delete;

  /// One at a time: the next one after on_committed.
  void commit(std::shared_ptr<const log::Batch> batch);
  /// Until nothing is being committed, or the time is up.
  void wait_idle(Duration patience);
  /// What was handed over is committed first, or fails.
  void stop();

 private:
  void run();

  Options options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<const log::Batch> batch_;
  bool busy_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace triaged::pipeline

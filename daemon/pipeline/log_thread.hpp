// The one thread that writes the log: what came and what was made of it, committed together.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "connectors/log/shard_log.hpp"
#include "connectors/wire/alert_batch.hpp"
#include "daemon/pipeline/shard/core.hpp"

namespace triaged::pipeline {

/// What became of a delivery. Without a position nothing of it was kept.
struct Written {
  enum class Refusal : std::uint8_t { none, log_failing, overload, stopping };
  log::Position position = 0;
  Time log_time{};
  Refusal refused = Refusal::none;
  std::string refusal;  // why not, a sentence for people
};

/// Group commit: whatever is waiting goes into one transaction. Who was answered by the last one often posts again at
/// once, and is waited for: no longer than a commit takes, and than 1 ms. Thread-safe, but for start() and stop().
class LogThread {
 public:
  struct Options {
    /// Of deliveries that the shard has not taken yet. One source has at most as much of it as is left free beside it:
    /// half where it is alone. So whoever floods leaves room for the others.
    std::uint64_t most_waiting_bytes = std::uint64_t{64} << 20U;
    std::uint64_t waiting_bytes = 0;  // of those that waited in the log at the start
    /// Log time; never earlier than what it gave before.
    std::function<Time()> now;
    /// Takes what is durable, in order; called by the log thread, and may be slow only in disaster.
    std::function<void(std::vector<Durable>)> on_durable;
    /// A batch is committed; called by the log thread.
    std::function<void(std::shared_ptr<const log::Batch>)> on_committed;
    /// Writing failed (nothing: it works again); called by the log thread when that changes.
    std::function<void(std::optional<log::LogError>)> on_health;
    /// A write succeeded, and how long it took; called by the log thread.
    std::function<void(std::chrono::microseconds)> on_written = [](std::chrono::microseconds) {};
    /// A batch will not be written, since the daemon stops and the log fails; called by the log thread.
    std::function<void()> on_given_up = [] {};
  };
  using Done = std::move_only_function<void(Written)>;

  LogThread(log::LogWriter& log, Options options);
  ~LogThread();
  LogThread(const LogThread&) = delete;
  LogThread& operator=(const LogThread&) = delete;

  /// Its log time is set when it is written. `done` is called once, by the log thread, or at once where too much is
  /// waiting.
  void submit(log::Delivery delivery, std::unique_ptr<wire::AlertBatch> alerts, Done done);
  /// As submit(), but waits while too much is waiting, and while the log can't be written. False: stop() came first.
  bool submit_or_wait(log::Delivery delivery, std::unique_ptr<wire::AlertBatch> alerts);
  /// Runs `task` on the log thread, between two commits: what else is done to the log. Tasks may be dropped at the end.
  void between(std::move_only_function<void()> task);
  /// One at a time: the next one after on_committed. Tried until it succeeds.
  void commit(std::shared_ptr<const log::Batch> batch);
  /// The shard has taken so many bytes of what on_durable gave it.
  void taken(std::uint64_t bytes);
  /// No delivery is accepted any more; those that wait are written first. Batches are still accepted; one that can't
  /// be written is given up.
  void drain();
  /// Ends the thread.
  void stop();

 private:
  struct Waiting {
    log::Delivery delivery;
    std::unique_ptr<wire::AlertBatch> alerts;
    Done done;
  };

  void run();
  void gather(std::unique_lock<std::mutex>& lock);
  void write(std::deque<Waiting> group, const std::shared_ptr<const log::Batch>& batch);
  void write_failed(const log::LogError& error, std::deque<Waiting> group);
  [[nodiscard]] bool too_much(const log::Delivery& delivery) const;
  void begin_waiting(const log::Delivery& delivery);
  void end_waiting(const std::string& source, std::uint64_t bytes);

  log::LogWriter& log_;
  Options options_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable room_;
  std::deque<Waiting> waiting_;
  std::shared_ptr<const log::Batch> batch_;
  std::vector<std::move_only_function<void()>> tasks_;
  std::uint64_t waiting_bytes_ = 0;
  std::map<std::string, std::uint64_t> waiting_of_;            // by source
  std::deque<std::pair<std::string, std::uint64_t>> untaken_;  // those of them that are durable, in order
  std::size_t expected_ = 0;   // answers that clients wait for or waited for when the last commit ended
  std::size_t gathering_ = 0;  // the thread waits for so many deliveries
  std::chrono::microseconds commit_took_{};
  bool refusing_ = false;
  bool stopping_ = false;
  bool writing_ = false;
  bool failing_ = false;
  std::string failure_;
  std::thread thread_;
};

}  // namespace triaged::pipeline

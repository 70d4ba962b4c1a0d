// How far the read model has come, and who waits for it.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <thread>

#include "connectors/clock/clock.hpp"
#include "daemon/api/ports.hpp"

namespace triaged::api {

/// Thread-safe. Callbacks come from the thread that calls applied(), or from one of its own where time is up.
class ReadModelClock final : public ReadModelWaiter {
 public:
  /// `on_wait` is told what somebody begins to wait for, by the thread that does.
  explicit ReadModelClock(std::function<void(std::uint32_t, Time)> on_wait = [](std::uint32_t, Time) {});
  /// Everybody who still waits is told that it did not come.
  ~ReadModelClock() override;
  ReadModelClock(const ReadModelClock&) = delete;
  ReadModelClock& operator=(const ReadModelClock&) = delete;

  void wait(std::uint32_t shard, Time clock, Duration at_most, std::move_only_function<void(bool)> done) override;

  /// The read model has applied a cut of that shard with that clock.
  void applied(std::uint32_t shard, Time clock);

 private:
  struct Waiting {
    std::uint32_t shard;
    Time clock;
    Duration deadline;  // by the stopwatch
    std::move_only_function<void(bool)> done;
  };
  void run();
  /// Takes out those for whom `over` holds.
  template <typename Over>
  std::list<Waiting> take(Over over);

  std::function<void(std::uint32_t, Time)> on_wait_;
  clock::Stopwatch stopwatch_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Waiting> waiting_;
  std::map<std::uint32_t, Time> clocks_;  // by shard
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace triaged::api

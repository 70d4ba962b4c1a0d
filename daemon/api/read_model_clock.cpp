#include "daemon/api/read_model_clock.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

namespace triaged::api {

ReadModelClock::ReadModelClock(std::function<void(std::uint32_t, Time)> on_wait) : on_wait_(std::move(on_wait)) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ReadModelClock::~ReadModelClock() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
  for (auto& one : waiting_) one.done(false);
}

void ReadModelClock::wait(std::uint32_t shard, Time clock, Duration at_most, std::move_only_function<void(bool)> done) {
  {
    const std::scoped_lock lock(mutex_);
    if (clocks_[shard] < clock) {
      waiting_.push_back({shard, clock, stopwatch_.elapsed() + at_most, std::exchange(done, {})});
    }
  }
  if (done) return done(true);
  changed_.notify_all();
  on_wait_(shard, clock);
}

template <typename Over>
std::list<ReadModelClock::Waiting> ReadModelClock::take(Over over) {
  std::list<Waiting> taken;
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    const auto one = at++;
    if (over(*one)) taken.splice(taken.end(), waiting_, one);
  }
  return taken;
}

void ReadModelClock::applied(std::uint32_t shard, Time clock) {
  std::list<Waiting> reached;
  {
    const std::scoped_lock lock(mutex_);
    Time& now = clocks_[shard];
    now = std::max(now, clock);
    reached = take([shard, now](const Waiting& one) { return one.shard == shard && one.clock <= now; });
  }
  for (auto& one : reached) one.done(true);
}

void ReadModelClock::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    const auto now = stopwatch_.elapsed();
    auto late = take([now](const Waiting& one) { return one.deadline <= now; });
    if (!late.empty()) {
      lock.unlock();
      for (auto& one : late) one.done(false);
      lock.lock();
      continue;
    }
    const auto next = std::ranges::min_element(waiting_, {}, &Waiting::deadline);
    if (next == waiting_.end()) {
      changed_.wait(lock);
    } else {
      changed_.wait_for(lock, next->deadline - now + Duration{1});
    }
  }
}

}  // namespace triaged::api

#include "daemon/pipeline/commit_thread.hpp"

#include <utility>

#include "connectors/clock/clock.hpp"
#include "connectors/systemd/thread_name.hpp"

namespace triaged::pipeline {

CommitThread::CommitThread(Options options) : options_(std::move(options)), thread_([this] { run(); }) {}

CommitThread::~CommitThread() { stop(); }

void CommitThread::commit(std::shared_ptr<const log::Batch> batch) {
  {
    const std::lock_guard lock(mutex_);
    batch_ = std::move(batch);
    busy_ = true;
  }
  changed_.notify_all();
}

void CommitThread::wait_idle(Duration patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [this] { return !busy_; });
}

void CommitThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void CommitThread::run() {
  systemd::name_thread("commit");
  for (;;) {
    std::shared_ptr<const log::Batch> batch;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || batch_ != nullptr; });
      if (batch_ == nullptr) return;
      batch = std::exchange(batch_, nullptr);
    }
    const clock::Stopwatch stopwatch;
    const auto done = options_.commit(*batch);
    {
      const std::lock_guard lock(mutex_);
      busy_ = batch_ != nullptr;
    }
    changed_.notify_all();
    if (!done) return options_.on_failed(done.error());
    options_.on_committed(*batch, stopwatch.elapsed_microseconds());
  }
}

}  // namespace triaged::pipeline

#include "daemon/api/workers.hpp"

#include <csignal>
#include <utility>

namespace triaged::api {

Workers::Workers(unsigned threads, std::size_t most_waiting) : most_waiting_(most_waiting) {
  // Signals are for the main thread; a thread begins with the mask of the one that starts it.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (unsigned number = 0; number < threads; ++number) threads_.emplace_back([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Workers::~Workers() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool Workers::post(Task& task) {
  {
    const std::scoped_lock lock(mutex_);
    if (ending_ || waiting_.size() >= most_waiting_) return false;
    waiting_.push_back(std::move(task));
  }
  changed_.notify_one();
  return true;
}

void Workers::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (ending_) return;
    {
      Task task = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      task();
    }
    lock.lock();
  }
}

}  // namespace triaged::api

// Threads for what may wait: questions to the read model.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace triaged::api {

/// Thread-safe. What has not begun when it ends is let go.
class Workers {
 public:
  using Task = std::move_only_function<void()>;

  Workers(unsigned threads, std::size_t most_waiting);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// False: too many wait, or it is ending; the task is then still the caller's. Tasks throw nothing.
  [[nodiscard]] bool post(Task& task);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> waiting_;
  std::size_t most_waiting_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace triaged::api

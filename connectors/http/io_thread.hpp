// A thread that runs Asio, what posts work to it from elsewhere, and the connections that live on it.
#pragma once

#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "rules/model/time.hpp"

namespace triaged::http {

class Connection;

/// Posts work to an I/O thread for as long as there is one; later, the work is let go. Thread-safe.
class Mailbox {
 public:
  explicit Mailbox(boost::asio::io_context& context) : context_(&context) {}

  template <typename Work>
  void post(Work&& work) {
    const std::lock_guard lock(mutex_);
    if (context_ != nullptr) boost::asio::post(*context_, std::forward<Work>(work));
  }
  /// Whether the caller is that thread.
  [[nodiscard]] bool is_here() const { return current == this; }

 private:
  friend class IoThread;
  void close() {
    const std::lock_guard lock(mutex_);
    context_ = nullptr;
  }
  static thread_local const Mailbox* current;
  std::mutex mutex_;
  boost::asio::io_context* context_;
};

class IoThread {
 public:
  IoThread();
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  /// Takes no signal. False: the machine has no thread left.
  [[nodiscard]] bool start();
  /// Ends when nothing is under way any more; waits for that.
  void join();

  /// On this thread; returns when it is done. Before start() and after join() on the caller's.
  template <typename Work>
  void run_and_wait(Work work) {
    if (!thread_.joinable()) return work();
    // Shared: the thread may still be in set_value() when the caller goes on.
    const auto done = std::make_shared<std::promise<void>>();
    mailbox_->post([&work, done] {
      work();
      done->set_value();
    });
    done->get_future().wait();
  }

  boost::asio::io_context& context() { return context_; }
  const std::shared_ptr<Mailbox>& mailbox() { return mailbox_; }

  // On this thread alone:
  std::unordered_set<std::shared_ptr<Connection>>& connections() { return connections_; }
  /// The value of Date; changes once a second.
  const std::string& date();

 private:
  boost::asio::io_context context_{1};
  std::shared_ptr<Mailbox> mailbox_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  Time date_at_{};
  std::string date_;
  std::thread thread_;
};

}  // namespace triaged::http

#include "connectors/http/io_thread.hpp"

#include <csignal>
#include <system_error>

#include "connectors/clock/clock.hpp"
#include "connectors/http/connection.hpp"
#include "connectors/http/syntax/response_head.hpp"
#include "connectors/systemd/thread_name.hpp"

namespace triaged::http {

thread_local const Mailbox* Mailbox::current = nullptr;

IoThread::IoThread() : mailbox_(std::make_shared<Mailbox>(context_)), work_(boost::asio::make_work_guard(context_)) {}

IoThread::~IoThread() { join(); }

bool IoThread::start() {
  // A thread begins with the mask of whoever made it.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool started = true;
  try {
    thread_ = std::thread([this]() noexcept {
      systemd::name_thread("http");
      Mailbox::current = mailbox_.get();
      context_.run();
    });
  } catch (const std::system_error&) {
    started = false;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

void IoThread::join() {
  work_.reset();
  if (thread_.joinable()) thread_.join();
  mailbox_->close();
}

const std::string& IoThread::date() {
  const Time now = std::chrono::floor<std::chrono::seconds>(clock::now());
  if (date_.empty() || now != date_at_) {
    date_at_ = now;
    date_ = to_http_date(now);
  }
  return date_;
}

}  // namespace triaged::http

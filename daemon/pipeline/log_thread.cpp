#include "daemon/pipeline/log_thread.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "connectors/clock/clock.hpp"
#include "connectors/systemd/thread_name.hpp"
#include "daemon/pipeline/crash_point.hpp"

namespace triaged::pipeline {
namespace {

constexpr std::chrono::seconds kRetry{1};
constexpr std::chrono::microseconds kLongestGather{1000};

Written refused(Written::Refusal reason, std::string why) {
  return {.position = 0, .log_time = {}, .refused = reason, .refusal = std::move(why)};
}

template <typename Deliveries>
std::size_t answers(const Deliveries& deliveries) {
  return static_cast<std::size_t>(std::ranges::count_if(deliveries, [](const auto& one) { return bool{one.done}; }));
}

}  // namespace

LogThread::LogThread(log::LogWriter& log, Options options)
    : log_(log),
      options_(std::move(options)),
      waiting_bytes_(options_.waiting_bytes),
      untaken_{{std::string(), options_.waiting_bytes}},
      thread_([this] { run(); }) {}

LogThread::~LogThread() { stop(); }

bool LogThread::too_much(const log::Delivery& delivery) const {
  const std::uint64_t size = delivery.payload.size();
  if (waiting_bytes_ == 0) return false;
  if (waiting_bytes_ + size > options_.most_waiting_bytes) return true;
  const auto own = waiting_of_.find(delivery.source);
  if (delivery.source.empty() || own == waiting_of_.end() || own->second == 0) return false;
  return own->second + size > options_.most_waiting_bytes - waiting_bytes_;
}

void LogThread::begin_waiting(const log::Delivery& delivery) {
  waiting_bytes_ += delivery.payload.size();
  waiting_of_[delivery.source] += delivery.payload.size();
}

void LogThread::end_waiting(const std::string& source, std::uint64_t bytes) {
  waiting_bytes_ -= bytes;
  if (const auto own = waiting_of_.find(source); own != waiting_of_.end()) own->second -= std::min(own->second, bytes);
}

void LogThread::submit(log::Delivery delivery, std::unique_ptr<wire::AlertBatch> alerts, Done done) {
  Written refusal;
  bool enough = false;
  {
    const std::lock_guard lock(mutex_);
    if (refusing_) {
      refusal = refused(Written::Refusal::stopping, "the daemon is stopping");
    } else if (failing_) {
      refusal = refused(Written::Refusal::log_failing, failure_);
    } else if (too_much(delivery) && delivery.kind != log::RecordKind::skip) {
      refusal = refused(Written::Refusal::overload, "too much is waiting to be correlated");
    } else {
      begin_waiting(delivery);
      waiting_.push_back({std::move(delivery), std::move(alerts), std::exchange(done, {})});
      enough = waiting_.size() >= gathering_;
    }
  }
  if (done) {
    done(std::move(refusal));
  } else if (enough) {
    work_.notify_one();
  }
}

bool LogThread::submit_or_wait(log::Delivery delivery, std::unique_ptr<wire::AlertBatch> alerts) {
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return refusing_ || (!failing_ && !too_much(delivery)); });
    if (refusing_) return false;
    begin_waiting(delivery);
    waiting_.push_back({std::move(delivery), std::move(alerts), {}});
  }
  work_.notify_one();
  return true;
}

void LogThread::between(std::move_only_function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  work_.notify_one();
}

void LogThread::commit(std::shared_ptr<const log::Batch> batch) {
  {
    const std::lock_guard lock(mutex_);
    batch_ = std::move(batch);
  }
  work_.notify_one();
}

void LogThread::taken(std::uint64_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    while (bytes != 0 && !untaken_.empty()) {
      auto& [source, left] = untaken_.front();
      const std::uint64_t some = std::min(left, bytes);
      end_waiting(source, some);
      bytes -= some;
      left -= some;
      if (left == 0) untaken_.pop_front();
    }
  }
  room_.notify_all();
}

void LogThread::drain() {
  std::unique_lock lock(mutex_);
  refusing_ = true;
  room_.notify_all();
  room_.wait(lock, [this] { return waiting_.empty() && !writing_; });
}

void LogThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    refusing_ = true;
    stopping_ = true;
  }
  room_.notify_all();
  work_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void LogThread::run() {
  systemd::name_thread("log");
  for (;;) {
    std::deque<Waiting> group;
    std::shared_ptr<const log::Batch> batch;
    std::vector<std::move_only_function<void()>> tasks;
    bool write_something = false;
    {
      std::unique_lock lock(mutex_);
      if (failing_ && !refusing_) {
        // Only the batch is tried again: what comes meanwhile is refused, or waits where it is.
        work_.wait_for(lock, kRetry, [this] { return refusing_; });
      } else {
        work_.wait(lock, [this] { return stopping_ || !waiting_.empty() || batch_ != nullptr || !tasks_.empty(); });
      }
      gather(lock);
      group = std::exchange(waiting_, {});
      batch = batch_;
      tasks = std::exchange(tasks_, {});
      write_something = !group.empty() || batch != nullptr || failing_;
      if (!write_something && tasks.empty() && stopping_) return;
      writing_ = true;
    }
    if (write_something) write(std::move(group), batch);
    for (auto& task : tasks) task();
    bool given_up = false;
    bool over = false;
    std::deque<Waiting> dropped;
    {
      const std::lock_guard lock(mutex_);
      writing_ = false;
      if (refusing_ && failing_) {
        // What waits is where it came from, and what the batch held is made again from the records.
        given_up = std::exchange(batch_, nullptr) != nullptr;
        dropped = std::exchange(waiting_, {});
        over = stopping_;
      }
    }
    room_.notify_all();
    for (Waiting& waiting : dropped) {
      if (waiting.done) waiting.done(refused(Written::Refusal::stopping, failure_));
    }
    if (given_up) options_.on_given_up();
    if (over) return;
  }
}

void LogThread::gather(std::unique_lock<std::mutex>& lock) {
  if (failing_ || waiting_.empty()) return;
  gathering_ = expected_;
  work_.wait_for(lock, std::min(commit_took_, kLongestGather),
                 [this] { return refusing_ || waiting_.size() >= gathering_; });
  gathering_ = 0;
}

void LogThread::write(std::deque<Waiting> group, const std::shared_ptr<const log::Batch>& batch) {
  const Time now = options_.now();
  std::vector<log::Delivery> deliveries;
  deliveries.reserve(group.size());
  for (Waiting& waiting : group) {
    waiting.delivery.log_time = now;
    deliveries.push_back(std::move(waiting.delivery));
  }
  const clock::Stopwatch stopwatch;
  const auto first = log_.write(deliveries, batch.get());
  if (!first) {
    for (std::size_t i = 0; i < group.size(); ++i) group[i].delivery = std::move(deliveries[i]);
    return write_failed(first.error(), std::move(group));
  }
  if (batch != nullptr) crash_point("after-commit");
  commit_took_ = stopwatch.elapsed_microseconds();
  options_.on_written(commit_took_);
  bool recovered = false;
  {
    const std::lock_guard lock(mutex_);
    if (batch != nullptr) batch_ = nullptr;
    if (!group.empty()) expected_ = answers(group) + answers(waiting_);
    recovered = std::exchange(failing_, false);
    for (const log::Delivery& delivery : deliveries) untaken_.emplace_back(delivery.source, delivery.payload.size());
  }
  if (recovered) {
    room_.notify_all();
    options_.on_health(std::nullopt);
  }
  std::vector<Durable> durable;
  durable.reserve(group.size());
  log::Position position = *first;
  for (std::size_t i = 0; i < group.size(); ++i, ++position) {
    log::Delivery& delivery = deliveries[i];
    if (group[i].done) group[i].done({.position = position, .log_time = now, .refused = {}, .refusal = {}});
    durable.emplace_back(log::Record{.position = position,
                                     .log_time = now,
                                     .kind = delivery.kind,
                                     .source = std::move(delivery.source),
                                     .payload = std::move(delivery.payload),
                                     .skips = delivery.skips},
                         DecodedAlerts(std::move(group[i].alerts)));
  }
  if (!durable.empty()) options_.on_durable(std::move(durable));
  if (batch != nullptr) options_.on_committed(batch);
}

void LogThread::write_failed(const log::LogError& error, std::deque<Waiting> group) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = !std::exchange(failing_, true);
    failure_ = "the log can't be written: " + error.message;
    // Who can wait does; the others are told, and come again.
    std::deque<Waiting> kept;
    for (Waiting& waiting : group) {
      if (waiting.done) {
        end_waiting(waiting.delivery.source, waiting.delivery.payload.size());
      } else {
        kept.push_back(std::move(waiting));
      }
    }
    std::ranges::move(waiting_, std::back_inserter(kept));
    waiting_ = std::move(kept);
  }
  for (Waiting& waiting : group) {
    if (waiting.done) waiting.done(refused(Written::Refusal::log_failing, failure_));
  }
  if (first) options_.on_health(error);
}

}  // namespace triaged::pipeline

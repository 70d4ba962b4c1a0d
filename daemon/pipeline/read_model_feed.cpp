#include "daemon/pipeline/read_model_feed.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "connectors/systemd/thread_name.hpp"

namespace triaged::pipeline {
namespace {

constexpr Duration kRetry = std::chrono::seconds(1);
constexpr Duration kPruneEvery = std::chrono::minutes(1);

bool is_damage(const sqlite::Error& error) {
  return error.kind == sqlite::Error::Kind::corrupt || error.kind == sqlite::Error::Kind::not_found;
}

}  // namespace

ReadModelFeed::ReadModelFeed(readmodel::ReadModel model, OutputSource& source, Options options)
    : file_(model.file()),
      model_(std::move(model)),
      source_(source),
      options_(std::move(options)),
      progress_(model_->progress()),
      thread_([this] { run(); }) {}

ReadModelFeed::~ReadModelFeed() { stop(); }

void ReadModelFeed::awaited(std::uint32_t shard, Time clock) {
  {
    const std::lock_guard lock(mutex_);
    Time& until = awaited_[shard];
    until = std::max(until, clock);
  }
  changed_.notify_one();
}

bool ReadModelFeed::is_awaited() const {
  return std::ranges::any_of(awaited_, [this](const auto& one) { return one.second > progress_.of(one.first).clock; });
}

void ReadModelFeed::suspect() {
  {
    const std::lock_guard lock(mutex_);
    suspected_ = true;
  }
  changed_.notify_one();
  source_.wake();
}

readmodel::Progress ReadModelFeed::progress() const {
  const std::lock_guard lock(mutex_);
  return progress_;
}

void ReadModelFeed::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  source_.wake();
  if (thread_.joinable()) thread_.join();
}

void ReadModelFeed::run() {
  systemd::name_thread("readmodel");
  for (;;) {
    bool stopping = false;
    bool suspected = false;
    if (!failing_ && !more_) source_.wait(more_to_prune_ || !pruned_ ? Duration{0} : kPruneEvery);
    {
      std::unique_lock lock(mutex_);
      if (failing_) changed_.wait_for(lock, kRetry, [this] { return stopping_ || suspected_; });
      stopping = stopping_;
      suspected = std::exchange(suspected_, false);
    }
    const clock::Stopwatch stopwatch;
    if (suspected && !anew_) {
      const auto checked = readmodel::ReadModel::check(file_);
      if (!checked && is_damage(checked.error())) anew_ = {.why = checked.error().message, .keep = true};
    }
    const auto caught_up = catch_up();
    const bool failed = !caught_up;
    if (std::exchange(failing_, failed) != failed) {
      options_.on_health(failed ? std::optional(caught_up.error()) : std::nullopt, progress());
    }
    if (stopping && (failed || *caught_up)) return;
    if (!failed && *caught_up) {
      prune();
      rest(std::min(options_.longest_rest, options_.rest_factor * stopwatch.elapsed()));
    }
  }
}

void ReadModelFeed::rest(Duration time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [this] { return stopping_ || suspected_ || is_awaited(); });
}

std::expected<void, std::string> ReadModelFeed::begin_anew() {
  options_.before_anew();
  model_.reset();
  pending_.reset();
  begun_ = false;
  auto anew = readmodel::ReadModel::open_anew(file_, anew_->why, anew_->keep);
  if (!anew) return std::unexpected(anew.error().message);
  model_ = *std::move(anew);
  {
    const std::lock_guard lock(mutex_);
    progress_ = model_->progress();
  }
  options_.on_anew(std::exchange(anew_, std::nullopt)->why);
  return {};
}

std::expected<void, std::string> ReadModelFeed::begin() {
  while (!begun_) {
    if (anew_) {
      if (auto good = begin_anew(); !good) return good;
    }
    const auto mismatch = source_.begin(model_->progress());
    if (!mismatch) return std::unexpected(mismatch.error().message);
    begun_ = mismatch->empty();
    if (!begun_) anew_ = {.why = *mismatch, .keep = false};
  }
  return {};
}

// True: all is applied that was there when it looked. What is committed meanwhile waits for the rest to be over: it
// costs less together, since of an alert that changed again only the last is written.
std::expected<bool, std::string> ReadModelFeed::catch_up() {
  if (anew_) begun_ = false;  // also where making another one failed before
  if (auto good = begin(); !good) return std::unexpected(good.error());
  if (!pending_) {
    auto next = source_.next();
    if (!next) {
      if (next.error().begin_anew) anew_ = {.why = next.error().message, .keep = false};
      return std::unexpected(std::move(next.error().message));
    }
    pending_ = *std::move(next);
  }
  const readmodel::Portion& portion = pending_->portion;
  if (!portion.outputs.empty() || !portion.progress.empty()) {
    const auto applied = model_->apply(portion);
    if (!applied) {
      if (is_damage(applied.error())) anew_ = {.why = applied.error().message, .keep = true};
      if (applied.error().kind == sqlite::Error::Kind::io && !failing_) suspect();  // a file that was cut short, too
      return std::unexpected(applied.error().message);
    }
    {
      const std::lock_guard lock(mutex_);
      progress_ = model_->progress();
    }
    options_.on_applied(model_->progress());
  }
  more_ = pending_->more;
  pending_.reset();
  return !more_;
}

void ReadModelFeed::prune() {
  if (!more_to_prune_ && pruned_ && pruned_->elapsed() < kPruneEvery) return;
  pruned_.emplace();
  if (options_.history == Duration{0}) return;
  const auto pruned = model_->prune(model_->progress().newest() - options_.history);
  if (!pruned && is_damage(pruned.error())) suspect();
  more_to_prune_ = pruned && pruned->more;
}

}  // namespace triaged::pipeline

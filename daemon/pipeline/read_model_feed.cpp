#include "daemon/pipeline/read_model_feed.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "connectors/systemd/thread_name.hpp"

namespace triaged::pipeline {
namespace {

// So much goes into one transaction while there is more to catch up with.
constexpr std::size_t kDocuments = 50'000;
constexpr std::size_t kCuts = 64;
constexpr Duration kRetry = std::chrono::seconds(1);
constexpr Duration kPruneEvery = std::chrono::minutes(1);

bool is_damage(const sqlite::Error& error) {
  return error.kind == sqlite::Error::Kind::corrupt || error.kind == sqlite::Error::Kind::not_found;
}

}  // namespace

std::expected<std::string, log::LogError> mismatch(const readmodel::Progress& progress, log::LogReader& log) {
  if (progress.cut == 0) return std::string();
  const auto cut = log.cuts(progress.cut - 1, 1);
  if (!cut) return std::unexpected(cut.error());
  if (cut->empty()) return fmt::format("the log ends before cut {}", progress.cut);
  if (cut->front().number != progress.cut) return fmt::format("the log has let cut {} go", progress.cut);
  if (cut->front().clock != progress.clock) return fmt::format("cut {} of the log is another one", progress.cut);
  return std::string();
}

ReadModelFeed::ReadModelFeed(readmodel::ReadModel model, std::unique_ptr<log::LogReader> log, Options options)
    : file_(model.file()),
      model_(std::move(model)),
      log_(std::move(log)),
      options_(std::move(options)),
      progress_(model_->progress()),
      thread_([this] { run(); }) {}

ReadModelFeed::~ReadModelFeed() { stop(); }

void ReadModelFeed::committed(std::uint64_t cut) {
  {
    const std::lock_guard lock(mutex_);
    committed_ = std::max(committed_, cut);
  }
  changed_.notify_one();
}

void ReadModelFeed::awaited(Time clock) {
  {
    const std::lock_guard lock(mutex_);
    awaited_ = std::max(awaited_, clock);
  }
  changed_.notify_one();
}

void ReadModelFeed::suspect() {
  {
    const std::lock_guard lock(mutex_);
    suspected_ = true;
  }
  changed_.notify_one();
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
  if (thread_.joinable()) thread_.join();
}

void ReadModelFeed::run() {
  systemd::name_thread("readmodel");
  for (;;) {
    bool stopping = false;
    bool suspected = false;
    {
      std::unique_lock lock(mutex_);
      const auto behind = [this] { return stopping_ || suspected_ || (committed_ > progress_.cut && !failing_); };
      changed_.wait_for(lock, failing_ ? kRetry : more_to_prune_ || !pruned_ ? Duration{0} : kPruneEvery, behind);
      stopping = stopping_;
      suspected = std::exchange(suspected_, false);
    }
    const clock::Stopwatch stopwatch;
    if (suspected && damage_.empty()) {
      const auto checked = readmodel::ReadModel::check(file_);
      if (!checked && is_damage(checked.error())) damage_ = checked.error().message;
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
  changed_.wait_for(lock, time, [this] { return stopping_ || suspected_ || awaited_ > progress_.clock; });
}

std::expected<void, std::string> ReadModelFeed::begin_anew() {
  options_.before_anew();
  model_.reset();
  auto anew = readmodel::ReadModel::open_anew(file_, damage_, true);
  if (!anew) return std::unexpected(anew.error().message);
  model_ = *std::move(anew);
  {
    const std::lock_guard lock(mutex_);
    progress_ = model_->progress();
  }
  options_.on_anew(std::exchange(damage_, std::string()));
  return {};
}

// True: all is applied that was there when it looked. What is committed meanwhile waits for the rest to be over: it
// costs less together, since of an alert that changed again only the last is written.
std::expected<bool, std::string> ReadModelFeed::catch_up() {
  if (!damage_.empty()) {
    if (auto begun = begin_anew(); !begun) return std::unexpected(begun.error());
  }
  const auto cuts = log_->cuts(model_->progress().cut, kCuts);
  if (!cuts) return std::unexpected(cuts.error().message);
  std::vector<log::Output> outputs;
  const log::Cut* last = nullptr;
  for (const log::Cut& cut : *cuts) {
    auto more = log_->outputs(cut.number);
    if (!more) return std::unexpected(more.error().message);
    std::ranges::move(*more, std::back_inserter(outputs));
    last = &cut;
    if (outputs.size() >= kDocuments) break;
  }
  if (last == nullptr) return true;
  const auto applied = model_->apply(last->number, last->clock, last->outputs - outputs.size() + 1, outputs);
  if (!applied) {
    if (is_damage(applied.error())) damage_ = applied.error().message;
    if (applied.error().kind == sqlite::Error::Kind::io && !failing_) suspect();  // a file that was cut short, too
    return std::unexpected(applied.error().message);
  }
  options_.on_applied(model_->progress());
  const std::lock_guard lock(mutex_);
  progress_ = model_->progress();
  return cuts->size() < kCuts && last == &cuts->back();
}

void ReadModelFeed::prune() {
  if (!more_to_prune_ && pruned_ && pruned_->elapsed() < kPruneEvery) return;
  pruned_.emplace();
  if (options_.history == Duration{0}) return;
  const auto pruned = model_->prune(model_->progress().clock - options_.history);
  if (!pruned && is_damage(pruned.error())) suspect();
  more_to_prune_ = pruned && pruned->more;
}

}  // namespace triaged::pipeline

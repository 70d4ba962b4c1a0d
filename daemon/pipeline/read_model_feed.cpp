#include "daemon/pipeline/read_model_feed.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "connectors/systemd/thread_name.hpp"

namespace triaged::pipeline {
namespace {

// So much goes into one transaction while there is more to catch up with.
constexpr std::size_t kDocuments = 50'000;
constexpr std::size_t kCuts = 64;
constexpr Duration kRetry = std::chrono::seconds(1);
constexpr Duration kPruneEvery = std::chrono::minutes(1);

}  // namespace

ReadModelFeed::ReadModelFeed(readmodel::ReadModel model, std::unique_ptr<log::LogReader> log, Options options)
    : model_(std::move(model)),
      log_(std::move(log)),
      options_(std::move(options)),
      progress_(model_.progress()),
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
    {
      std::unique_lock lock(mutex_);
      const auto behind = [this] { return stopping_ || (committed_ > progress_.cut && !failing_); };
      changed_.wait_for(lock, failing_ ? kRetry : more_to_prune_ ? Duration{0} : kPruneEvery, behind);
      stopping = stopping_;
    }
    const clock::Stopwatch stopwatch;
    const auto caught_up = catch_up();
    const bool failed = !caught_up;
    if (std::exchange(failing_, failed) != failed) {
      options_.on_health(failed ? std::optional(caught_up.error()) : std::nullopt);
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
  changed_.wait_for(lock, time, [this] { return stopping_ || awaited_ > progress_.clock; });
}

// True: there is nothing more to apply.
std::expected<bool, std::string> ReadModelFeed::catch_up() {
  const auto cuts = log_->cuts(model_.progress().cut, kCuts);
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
  const auto applied = model_.apply(last->number, last->clock, last->outputs - outputs.size() + 1, outputs);
  if (!applied) return std::unexpected(applied.error().message);
  options_.on_applied(model_.progress());
  const std::lock_guard lock(mutex_);
  progress_ = model_.progress();
  return progress_.cut >= committed_;
}

void ReadModelFeed::prune() {
  if (options_.history == Duration{0} || (!more_to_prune_ && pruned_.elapsed() < kPruneEvery)) return;
  const auto pruned = model_.prune(model_.progress().clock - options_.history);
  more_to_prune_ = pruned && pruned->more;
  pruned_ = {};
}

}  // namespace triaged::pipeline

#include "daemon/pipeline/publish_thread.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include "connectors/systemd/thread_name.hpp"

namespace triaged::pipeline {
namespace {

constexpr std::size_t kCuts = 64;
constexpr std::size_t kWriteBytes = std::size_t{4} << 20U;
constexpr std::chrono::seconds kRetry{1};
constexpr std::chrono::milliseconds kBusy{50};

}  // namespace

PublishThread::PublishThread(Options options, std::unique_ptr<log::LogReader> log)
    : options_(std::move(options)),
      log_(std::move(log)),
      written_(options_.mark.cut),
      kept_(options_.mark.cut),
      thread_([this] { run(); }) {}

PublishThread::~PublishThread() { stop(); }

void PublishThread::committed(std::uint64_t cut) {
  {
    const std::lock_guard lock(mutex_);
    committed_ = std::max(committed_, cut);
  }
  changed_.notify_one();
}

std::uint64_t PublishThread::kept_cut() const {
  const std::lock_guard lock(mutex_);
  return kept_;
}

void PublishThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void PublishThread::run() {
  systemd::name_thread("publish");
  for (;;) {
    bool stopping = false;
    {
      std::unique_lock lock(mutex_);
      const auto behind = [this] { return stopping_ || (committed_ > written_ && !failing_); };
      if (failing_) {
        changed_.wait_for(lock, kRetry, behind);
      } else {
        changed_.wait(lock, behind);
      }
      stopping = stopping_;
    }
    const auto done = write_some();
    failing_ = !done;
    const auto fault = done ? std::nullopt : std::optional(done.error());
    if (std::exchange(fault_, fault) != fault) options_.on_health(fault);
    {
      const std::lock_guard lock(mutex_);
      options_.on_lag(committed_ > written_ ? committed_ - written_ : 0);
    }
    if (stopping && (!done || *done)) return;
  }
}

bool PublishThread::wanted(log::Topic topic) const {
  return std::ranges::find(options_.topics, topic) != options_.topics.end();
}

std::expected<void, std::string> PublishThread::open() {
  if (!file_) {
    auto opened = files::AppendedFile::open(options_.file, files::AppendPosition::parse(options_.mark.position));
    if (!opened) return std::unexpected(opened.error().message);
    file_ = *std::move(opened);
    unsaved_ = unsaved_ || file_->changed();
  }
  return unsaved_ ? save(written_) : std::expected<void, std::string>();
}

std::expected<void, std::string> PublishThread::save(std::uint64_t cut) {
  options_.mark = {.cut = cut, .position = file_->position().text()};
  unsaved_ = true;
  std::promise<bool> saved;
  options_.save(options_.mark, [&saved](bool good) { saved.set_value(good); });
  if (!saved.get_future().get()) return std::unexpected(options_.file + ": how far it is written can't be kept");
  unsaved_ = false;
  const std::lock_guard lock(mutex_);
  kept_ = cut;
  return {};
}

std::expected<bool, std::string> PublishThread::write_some() {
  if (auto good = open(); !good) return std::unexpected(good.error());
  const auto cuts = log_->cuts(written_, kCuts);
  if (!cuts) return std::unexpected(cuts.error().message);
  if (cuts->empty()) return true;
  std::string lines;
  std::uint64_t last = written_;
  for (const log::Cut& cut : *cuts) {
    const auto outputs = log_->outputs(cut.number);
    if (!outputs) return std::unexpected(outputs.error().message);
    for (const log::Output& output : *outputs) {
      if (!wanted(output.topic)) continue;
      lines += output.value;
      lines += '\n';
    }
    last = cut.number;
    if (lines.size() >= kWriteBytes) break;
  }
  for (bool written = lines.empty(); !written;) {
    const auto outcome = file_->append(lines);
    if (!outcome) {
      file_.reset();
      return std::unexpected(outcome.error().message);
    }
    switch (*outcome) {
      case files::AppendedFile::Outcome::done: written = true; break;
      case files::AppendedFile::Outcome::changed:
        if (auto saved = save(written_); !saved) return std::unexpected(saved.error());
        break;
      case files::AppendedFile::Outcome::busy: {
        std::unique_lock lock(mutex_);
        if (stopping_) return true;
        changed_.wait_for(lock, kBusy, [this] { return stopping_; });
        break;
      }
    }
  }
  // What a mark says is out must be out after a power failure too.
  if (auto synced = file_->sync(); !synced) {
    file_.reset();  // the same lines come again, and are compared with what is there
    return std::unexpected(synced.error().message);
  }
  written_ = last;
  if (auto saved = save(last); !saved) return std::unexpected(saved.error());
  const std::lock_guard lock(mutex_);
  return written_ >= committed_;
}

}  // namespace triaged::pipeline

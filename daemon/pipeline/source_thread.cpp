#include "daemon/pipeline/source_thread.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/systemd/thread_name.hpp"

namespace triaged::pipeline {
namespace {

constexpr std::size_t kReadBytes = std::size_t{1} << 20U;

files::FilePosition parsed(const std::string& resume) {
  return files::FilePosition::parse(resume).value_or(files::FilePosition());
}

}  // namespace

SourceThread::SourceThread(Options options, LogThread& log)
    : options_(std::move(options)),
      log_(log),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      inode_(parsed(options_.resume).inode),
      offset_(parsed(options_.resume).offset),
      thread_([this] { run(); }) {}

SourceThread::~SourceThread() { stop(); }

void SourceThread::stop() {
  const std::uint64_t one = 1;
  if (stop_.valid()) [[maybe_unused]]
    const auto told = ::write(stop_.get(), &one, sizeof one);
  if (thread_.joinable()) thread_.join();
}

std::optional<std::uint64_t> SourceThread::lag() const {
  if (options_.path == kStandardInput) return std::nullopt;
  struct stat now{};
  if (::stat(options_.path.c_str(), &now) != 0 || !S_ISREG(now.st_mode)) return std::nullopt;
  const auto size = static_cast<std::uint64_t>(now.st_size);
  const std::uint64_t read = now.st_ino == inode_ ? offset_.load() : 0;
  return size > read ? size - read : 0;
}

bool SourceThread::stopping() const {
  pollfd stop{stop_.get(), POLLIN, 0};
  return ::poll(&stop, 1, 0) > 0;
}

void SourceThread::wait(const files::FollowedFile& file) const {
  std::array<pollfd, 2> awaited{pollfd{stop_.get(), POLLIN, 0}, pollfd{file.wait_descriptor(), POLLIN, 0}};
  ::poll(awaited.data(), awaited.size(), static_cast<int>(file.look_again().count()));
}

void SourceThread::run() {
  systemd::name_thread("source");
  files::FollowedFile file(options_.path, options_.follow, files::FilePosition::parse(options_.resume));
  while (!stopping()) {
    auto step = file.read(kReadBytes);
    for (const files::FileReport& report : step.reports) options_.on_report(report);
    const auto kind = step.kind;
    if (!step.bytes.empty() && !collect(step)) return;
    if (kind == files::FollowedFile::Step::Kind::ended) {
      if ((dropping_ || !bytes_.empty()) && !deliver()) return;
      return options_.on_end();
    }
    if (kind == files::FollowedFile::Step::Kind::nothing_yet) wait(file);
  }
}

bool SourceThread::collect(const files::FollowedFile::Step& step) {
  if (step.starts_file && (dropping_ || !bytes_.empty())) {
    if (!deliver()) return false;
  }
  std::string_view bytes = step.bytes;
  resume_ = step.position.text();
  inode_ = step.position.inode;
  offset_ = step.position.offset;
  if (dropping_) {
    bytes.remove_prefix(drop(bytes));
    if (dropping_) return true;
  }
  bytes_ += bytes;
  stream_.feed(bytes, *alerts_);
  if (stream_.dropping()) {
    // What the log gets is what came so far, and whoever runs the log again decodes that.
    alerts_ = std::make_unique<wire::AlertBatch>();
    DeliveryDecoder().decode(log::RecordKind::lines, bytes_, *alerts_);
    dropping_ = true;
    return send();
  }
  // A document that spans reads goes into the log as a whole.
  return !stream_.between_documents() || deliver();
}

std::size_t SourceThread::drop(std::string_view bytes) {
  wire::AlertBatch told_already;
  std::size_t dropped = 0;
  while (dropped < bytes.size()) {
    const std::string_view rest = bytes.substr(dropped);
    const std::string_view line = rest.substr(0, rest.find('\n') + 1);  // all of it where there is no line feed
    stream_.feed(line.empty() ? rest : line, told_already);
    dropped += line.empty() ? rest.size() : line.size();
    if (!stream_.dropping()) {
      dropping_ = false;
      stream_ = wire::AlertStream(kDeliveryLimits);
      break;
    }
  }
  return dropped;
}

bool SourceThread::deliver() {
  stream_.finish(*alerts_);
  stream_ = wire::AlertStream(kDeliveryLimits);
  dropping_ = false;
  return send();
}

bool SourceThread::send() {
  const SourceRead read{.alerts = alerts_->entries.size(), .bytes = bytes_.size(), .rejections = alerts_->rejections};
  log::Delivery delivery{.kind = log::RecordKind::lines,
                         .source = options_.name,
                         .payload = std::exchange(bytes_, {}),
                         .log_time = {},
                         .skips = 0,
                         .resume = std::exchange(resume_, {})};
  // The next read has about as much in it.
  auto next = std::make_unique<wire::AlertBatch>();
  next->arena.reserve(alerts_->arena.size());
  next->entries.reserve(alerts_->entries.size());
  if (!log_.submit_or_wait(std::move(delivery), std::exchange(alerts_, std::move(next)))) return false;
  options_.on_read(read);
  return true;
}

}  // namespace triaged::pipeline

#include "daemon/pipeline/shard/snapshot_writer.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/pipeline/crash_point.hpp"

namespace triaged::pipeline {
namespace {

constexpr int kLowPriority = 10;

SnapshotResult result_of(const Shard& shard) {
  SnapshotResult result;
  result.cut = shard.last().number;
  result.through = shard.last().through;
  result.next = shard.last().next;
  return result;
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 512> piece{};
  for (;;) {
    const ssize_t got = ::read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

SnapshotWriter::~SnapshotWriter() { end_child(); }

void SnapshotWriter::end_child() {
  if (child_ <= 0) return;
  ::kill(child_, SIGKILL);
  while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
  child_ = 0;
}

std::string SnapshotWriter::write(const Shard& shard, int slot) const {
  crash_point("snapshot-begin");
  auto written = store_.write(slot, shard.manifest(), [&](const std::function<void(std::string_view)>& take) {
    shard.write_state(take);
    crash_point("snapshot-half");
  });
  if (!written) return written.error();
  crash_point("snapshot-written");
  for (const log::StoredSnapshot& stored : store_.list()) {
    if (stored.file != store_.path(slot)) continue;
    auto verified = store_.verify(stored);
    return verified ? std::string() : verified.error();
  }
  return store_.path(slot) + ": can't be read back";
}

void SnapshotWriter::measure(SnapshotResult& result) const {
  struct stat status{};
  if (!result.error.empty() || ::stat(store_.path(slot_).c_str(), &status) != 0) return;
  result.bytes = static_cast<std::uint64_t>(status.st_size);
}

std::optional<SnapshotResult> SnapshotWriter::begin(const Shard& shard) {
  const clock::Stopwatch stopwatch;
  pending_ = result_of(shard);
  slot_ = store_.next_slot();
  std::array<int, 2> ends{};
  const auto failed = [&](const char* what) {
    pending_.error = std::string(what) + ": " + std::strerror(errno);
    return pending_;
  };
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failed("no pipe to the child that writes a snapshot");
  words_ = files::FileDescriptor(ends[0]);
  files::FileDescriptor told(ends[1]);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return failed("no child that writes a snapshot");
  if (child == 0) {
    // With the parent goes whatever the child holds of it: its lock, its sockets.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    const int out = ::dup2(told.get(), 3);
    ::close_range(4, ~0U, 0);
    ::setpriority(PRIO_PROCESS, 0, kLowPriority);
    const std::string error = write(shard, slot_);
    const bool said = ::write(out, error.data(), error.size()) == static_cast<ssize_t>(error.size());
    ::_exit(said && error.empty() ? 0 : 1);
  }
  child_ = child;
  pending_.stall = stopwatch.elapsed();
  since_ = stopwatch;
  return std::nullopt;
}

std::optional<SnapshotResult> SnapshotWriter::poll() {
  if (child_ <= 0) return std::nullopt;
  int status = 0;
  const pid_t ended = ::waitpid(child_, &status, WNOHANG);
  if (ended == 0 || (ended < 0 && errno == EINTR)) return std::nullopt;
  child_ = 0;
  pending_.took = since_.elapsed();
  pending_.error = read_all(words_.get());
  words_ = {};
  if (pending_.error.empty() && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
    pending_.error = "the child that writes a snapshot died";
  }
  measure(pending_);
  return std::exchange(pending_, {});
}

SnapshotResult SnapshotWriter::write_now(const Shard& shard) {
  end_child();
  const clock::Stopwatch stopwatch;
  SnapshotResult result = result_of(shard);
  slot_ = store_.next_slot();
  result.error = write(shard, slot_);
  measure(result);
  result.took = stopwatch.elapsed();
  result.stall = result.took;
  return result;
}

}  // namespace triaged::pipeline

#include "daemon/app/state_folder.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/clock/clock.hpp"
#include "connectors/log/local/local_log.hpp"

namespace triaged::app {
namespace {

// A child of a daemon that was killed, which wrote a snapshot, holds the lock until the kernel has ended it too.
constexpr Duration kPatience = std::chrono::seconds(2);
constexpr Duration kLookAgain = std::chrono::milliseconds(20);

std::string failed(const std::string& path, std::string_view what) {
  return fmt::format("{}: can't be {}: {}", path, what, std::strerror(errno));
}

std::string holder(int lock) {
  std::array<char, 32> text{};
  const ssize_t got = ::pread(lock, text.data(), text.size() - 1, 0);
  return got > 0 ? " (process " + std::string(text.data(), static_cast<std::size_t>(got)) + ")" : std::string();
}

}  // namespace

std::expected<StateFolder, std::string> StateFolder::open(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return std::unexpected(fmt::format("{}: can't be made: {}", path, error.message()));
  const std::string name = path + "/lock";
  files::FileDescriptor lock(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) return std::unexpected(failed(name, "opened"));
  const clock::Stopwatch waited;
  while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return std::unexpected(failed(name, "locked"));
    if (waited.elapsed() > kPatience) {
      return std::unexpected(fmt::format("{}: another triaged{} uses this state folder", path, holder(lock.get())));
    }
    clock::pause(kLookAgain);
  }
  const std::string process = std::to_string(::getpid());
  if (::ftruncate(lock.get(), 0) != 0 ||
      ::pwrite(lock.get(), process.data(), process.size(), 0) != static_cast<ssize_t>(process.size())) {
    return std::unexpected(failed(name, "written"));
  }
  return StateFolder(path, std::move(lock));
}

std::expected<void, std::string> StateFolder::check_there(bool with_log) {
  const auto inode_of = [](const std::string& file) -> std::uint64_t {
    struct stat found{};
    return ::stat(file.c_str(), &found) == 0 ? found.st_ino : 0;
  };
  struct stat ours{};
  if (::fstat(lock_.get(), &ours) == 0 && inode_of(path_ + "/lock") != ours.st_ino) {
    return std::unexpected(path_ + ": is not the folder any more that this daemon opened");
  }
  if (!with_log) return {};
  const std::uint64_t now = inode_of(log::local_log_file(path_));
  if (log_inode_ == 0) log_inode_ = now;
  if (now == 0 || now != log_inode_) {
    return std::unexpected(log::local_log_file(path_) + ": is not the file any more that this daemon opened");
  }
  return {};
}

std::expected<void, std::string> StateFolder::tell_address(const std::string& address) const {
  const std::string name = path_ + "/listen";
  const std::string draft = name + ".part";
  {
    std::ofstream file(draft, std::ios::trunc);
    file << address << '\n';
    if (!file.flush()) return std::unexpected(failed(draft, "written"));
  }
  if (std::rename(draft.c_str(), name.c_str()) != 0) return std::unexpected(failed(draft, "renamed"));
  return {};
}

void StateFolder::forget_address() const { ::unlink((path_ + "/listen").c_str()); }

}  // namespace triaged::app

#include "daemon/replay/output_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>

namespace triaged::replay {

std::expected<OutputFile, std::string> OutputFile::open(const std::string& name) {
  // What stands beside a log is the daemon's.
  std::error_code ignored;
  if (name != "-" && std::filesystem::exists(std::filesystem::absolute(name).parent_path() / "log.db", ignored)) {
    return std::unexpected(fmt::format("{} would be in a daemon's state folder: write somewhere else", name));
  }
  files::FileDescriptor descriptor(name == "-" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                                               : ::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!descriptor.valid()) return std::unexpected(fmt::format("cannot write {}: {}", name, std::strerror(errno)));
  return OutputFile(name, std::move(descriptor));
}

void OutputFile::fail(int error_number) {
  if (name_ == "-" && error_number == EPIPE) {
    reader_gone_ = true;
    return;
  }
  const auto* shown = name_ == "-" ? "standard output" : name_.c_str();
  if (!error_) error_ = fmt::format("cannot write {}: {}", shown, std::strerror(error_number));
}

void OutputFile::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && !error_ && !reader_gone_) {
    const auto written = ::write(descriptor_.get(), rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {  // whoever shares our standard output made it non-blocking
      pollfd waited{descriptor_.get(), POLLOUT, 0};
      (void)::poll(&waited, 1, -1);
    } else if (errno != EINTR) {
      fail(errno);
    }
  }
  buffer_.clear();
}

void OutputFile::finish() {
  flush();
  // Some file systems tell only here that the disk is full.
  if (::close(descriptor_.release()) != 0 && errno != EINTR) fail(errno);
}

}  // namespace triaged::replay

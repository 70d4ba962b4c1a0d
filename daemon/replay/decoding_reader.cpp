#include "daemon/replay/decoding_reader.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include "connectors/wire/alert_decoder.hpp"

namespace triaged::replay {

namespace {

constexpr std::size_t kReadBytes = 1024 * 1024;
constexpr std::size_t kBatchesInFlight = 4;

}  // namespace

std::expected<InputFile, std::string> InputFile::open(const std::string& name) {
  const bool standard_input = name == "-";
  files::FileDescriptor descriptor(standard_input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                                  : ::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor.valid()) return std::unexpected(fmt::format("cannot open {}: {}", name, std::strerror(errno)));
  struct stat status{};
  if (::fstat(descriptor.get(), &status) != 0) {
    return std::unexpected(fmt::format("cannot open {}: {}", name, std::strerror(errno)));
  }
  if (S_ISDIR(status.st_mode)) return std::unexpected(fmt::format("cannot open {}: it is a directory", name));

  InputFile file{name, std::move(descriptor), std::nullopt};
  if (S_ISREG(status.st_mode)) {
    file.size = static_cast<std::uint64_t>(status.st_size);
    // Advice only: a file system that takes none still works.
    (void)::posix_fadvise(file.descriptor.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  return file;
}

DecodingReader::DecodingReader(InputFile file)
    : file_(std::move(file)),
      wake_(::eventfd(0, EFD_CLOEXEC)),
      filled_(kBatchesInFlight),
      empty_(kBatchesInFlight + 2),
      thread_([this] { run(); }) {}

DecodingReader::~DecodingReader() {
  filled_.close();
  empty_.close();
  const std::uint64_t one = 1;
  while (::write(wake_.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
  thread_.join();
}

std::unique_ptr<ReadBatch> DecodingReader::next() {
  auto batch = filled_.pop();
  return batch ? std::move(*batch) : nullptr;
}

void DecodingReader::recycle(std::unique_ptr<ReadBatch> batch) { empty_.push(std::move(batch)); }

std::unique_ptr<ReadBatch> DecodingReader::fresh_batch() {
  auto batch = empty_.try_pop();
  if (!batch) return std::make_unique<ReadBatch>();
  (*batch)->alerts.clear();
  return std::move(*batch);
}

bool DecodingReader::wait_readable() const {
  std::array<pollfd, 2> watched{pollfd{file_.descriptor.get(), POLLIN, 0}, pollfd{wake_.get(), POLLIN, 0}};
  while (::poll(watched.data(), watched.size(), -1) < 0) {
    if (errno != EINTR) return true;  // read() will say what is wrong
  }
  return watched[1].revents == 0;
}

void DecodingReader::run() {
  wire::AlertStream stream;
  std::vector<char> buffer(kReadBytes);
  std::uint64_t bytes_read = 0;
  for (bool more = true; more;) {
    if (!wait_readable()) break;
    const auto count = ::read(file_.descriptor.get(), buffer.data(), buffer.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0) {
      error_ = fmt::format("cannot read {}: {}", file_.name, std::strerror(errno));
      break;
    }
    auto batch = fresh_batch();
    if (count == 0) {
      stream.finish(batch->alerts);
      more = false;
    } else {
      stream.feed({buffer.data(), static_cast<std::size_t>(count)}, batch->alerts);
      bytes_read += static_cast<std::uint64_t>(count);
    }
    batch->bytes_read = bytes_read;
    if (!filled_.push(std::move(batch))) break;
  }
  filled_.close();
}

}  // namespace triaged::replay

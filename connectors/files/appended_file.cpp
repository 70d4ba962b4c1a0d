#include "connectors/files/appended_file.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/files/open_file.hpp"

namespace triaged::files {
namespace {

constexpr std::string_view kForm = "1";
constexpr int kPatience = 100;  // milliseconds for a stream's reader
constexpr std::string_view kMend = "move it to another folder, and what follows goes into a new file";
constexpr std::size_t kStreamPiece = 4096;  // a pipe that poll() calls ready takes so much without waiting

// The file with this inode at `path` or in its folder, for writing.
FileDescriptor find_inode(const std::string& path, const AppendPosition& mark) {
  struct stat at_path{};
  if (::stat(path.c_str(), &at_path) == 0 && at_path.st_ino == mark.inode) {
    return FileDescriptor(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  }
  const auto folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder.empty() ? "." : folder, error), end; !error && entry != end;
       entry.increment(error)) {
    struct stat status{};
    const std::string name = entry->path().string();
    if (::lstat(name.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_ino != mark.inode) continue;
    FileDescriptor found(::open(name.c_str(), O_RDWR | O_CLOEXEC));
    if (found.valid()) return found;
  }
  return {};
}

// So that a power failure does not take the name of a new file.
void sync_folder(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path().string();
  const FileDescriptor opened(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.valid()) (void)::fsync(opened.get());
}

}  // namespace

std::string AppendPosition::text() const { return fmt::format("{} {} {} {}", kForm, device, inode, offset); }

std::optional<AppendPosition> AppendPosition::parse(std::string_view text) {
  if (!text.starts_with(kForm)) return std::nullopt;
  text.remove_prefix(kForm.size());
  AppendPosition position;
  for (auto* number : {&position.device, &position.inode, &position.offset}) {
    if (!text.starts_with(' ')) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), *number);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  return text.empty() ? std::optional(position) : std::nullopt;
}

AppendError AppendedFile::failure(std::string_view what) const {
  const int error = errno;
  return {AppendError::Kind::failed, fmt::format("can't {} {}: {}", what, path_ == "-" ? "standard output" : path_,
                                                 std::generic_category().message(error))};
}

AppendError AppendedFile::altered(std::string_view how) const {
  // Where it was renamed, its name is another one now.
  std::error_code unknown;
  const auto name = std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", descriptor_.get()), unknown);
  return {AppendError::Kind::altered,
          fmt::format("{} was altered by someone else: {}", unknown || is_at_path() ? path_ : name.string(), how)};
}

// ---- opening

std::expected<AppendedFile, AppendError> AppendedFile::open(const std::string& path,
                                                            const std::optional<AppendPosition>& mark) {
  AppendedFile file(path);
  const auto opened = mark && mark->inode != 0 ? file.open_marked(*mark) : file.open_path();
  if (!opened) return std::unexpected(opened.error());
  const auto& position = file.position_;
  file.changed_ = !mark || mark->inode != position.inode || mark->offset != position.offset;
  return file;
}

// As if it had never been written to: behind what is in it.
std::expected<void, AppendError> AppendedFile::open_path() {
  if (path_ == "-") {
    descriptor_ = FileDescriptor(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    if (!descriptor_.valid()) return std::unexpected(failure("write"));
    position_ = {};
    return {};
  }
  const bool there = ::access(path_.c_str(), F_OK) == 0;
  struct stat status{};
  const bool stream = there && ::stat(path_.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
  // A pipe without a reader is an error and not a wait.
  descriptor_ = FileDescriptor(stream ? ::open(path_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
                                      : ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!descriptor_.valid()) return std::unexpected(failure("write"));
  if (stream) {
    position_ = {};
    return {};
  }
  if (!there) sync_folder(path_);
  return begin_at_end();
}

std::expected<void, AppendError> AppendedFile::begin_at_end() {
  struct stat status{};
  if (::fstat(descriptor_.get(), &status) != 0) return std::unexpected(failure("look at"));
  position_ = {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size)};
  std::string last;
  if (status.st_size > 0 && (!read_at(descriptor_.get(), position_.offset - 1, 1, last) || last != "\n")) {
    return std::unexpected(altered("its last line has no end; complete or remove that line"));
  }
  return {};
}

std::expected<void, AppendError> AppendedFile::open_marked(const AppendPosition& mark) {
  descriptor_ = find_inode(path_, mark);
  if (!descriptor_.valid()) return open_path();
  struct stat status{};
  if (::fstat(descriptor_.get(), &status) != 0) return std::unexpected(failure("look at"));
  position_ = {status.st_dev, status.st_ino, mark.offset};
  const auto settled = settle();
  return settled ? std::expected<void, AppendError>() : std::unexpected(settled.error());
}

// ---- appending

std::expected<std::uint64_t, AppendError> AppendedFile::size() const {
  struct stat status{};
  if (::fstat(descriptor_.get(), &status) != 0) return std::unexpected(failure("look at"));
  return static_cast<std::uint64_t>(status.st_size);
}

bool AppendedFile::is_at_path() const {
  struct stat status{};
  return ::stat(path_.c_str(), &status) == 0 && status.st_ino == position_.inode && status.st_dev == position_.device;
}

// What happened to the file since. True: it is another one now, or begins again.
std::expected<bool, AppendError> AppendedFile::settle() {
  const auto there = size();
  if (!there) return std::unexpected(there.error());
  if (*there < position_.offset) {
    if (*there > 0) {
      return std::unexpected(altered(fmt::format("it has {} bytes, and had {}; {}", *there, position_.offset, kMend)));
    }
    position_.offset = 0;
    return true;
  }
  // A renamed file that has some of our lines already gets what belongs to these first.
  if (*there > position_.offset || is_at_path()) return false;
  if (const auto synced = sync(); !synced) return std::unexpected(synced.error());
  if (const auto opened = open_path(); !opened) return std::unexpected(opened.error());
  return true;
}

// How much of `lines` stands in the file already.
std::expected<std::size_t, AppendError> AppendedFile::compare(std::string_view lines) const {
  std::string there;
  if (const auto got = read_at(descriptor_.get(), position_.offset, lines.size(), there); !got) {
    errno = got.error();
    return std::unexpected(failure("read"));
  }
  const auto differs = std::mismatch(there.begin(), there.end(), lines.begin());
  if (differs.first == there.end()) return there.size();
  const auto at = position_.offset + static_cast<std::uint64_t>(differs.first - there.begin());
  return std::unexpected(altered(fmt::format("something else stands at byte {}; {}", at, kMend)));
}

std::expected<AppendedFile::Outcome, AppendError> AppendedFile::append(std::string_view lines) {
  if (position_.inode == 0) return append_to_stream(lines);
  const auto is_other = settle();
  if (!is_other) return std::unexpected(is_other.error());
  if (*is_other) {
    changed_ = true;
    return Outcome::changed;
  }
  auto there = compare(lines);
  if (!there) return std::unexpected(there.error());
  while (*there < lines.size()) {
    const auto written = ::pwrite(descriptor_.get(), lines.data() + *there, lines.size() - *there,
                                  static_cast<off_t>(position_.offset + *there));
    if (written < 0 && errno != EINTR) return std::unexpected(failure("write"));
    if (written > 0) *there += static_cast<std::size_t>(written);
  }
  position_.offset += lines.size();
  changed_ = false;
  return Outcome::done;
}

std::expected<AppendedFile::Outcome, AppendError> AppendedFile::append_to_stream(std::string_view lines) {
  while (taken_ < lines.size()) {
    pollfd waited{descriptor_.get(), POLLOUT, 0};
    if (::poll(&waited, 1, kPatience) == 0) return Outcome::busy;
    const auto written =
        ::write(descriptor_.get(), lines.data() + taken_, std::min(kStreamPiece, lines.size() - taken_));
    if (written >= 0) {
      taken_ += static_cast<std::size_t>(written);
    } else if (errno == EPIPE) {
      auto gone = failure("write");
      gone.kind = AppendError::Kind::reader_gone;
      return std::unexpected(std::move(gone));
    } else if (errno == EAGAIN) {
      return Outcome::busy;
    } else if (errno != EINTR) {
      return std::unexpected(failure("write"));
    }
  }
  taken_ = 0;
  position_.offset += lines.size();
  changed_ = false;
  return Outcome::done;
}

std::expected<void, AppendError> AppendedFile::sync() {
  if (position_.inode != 0 && ::fdatasync(descriptor_.get()) != 0) return std::unexpected(failure("write"));
  return {};
}

}  // namespace triaged::files

#include "connectors/files/followed_file.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace triaged::files {
namespace {

using Kind = FileReport::Kind;

constexpr Duration kWatched{5000};
constexpr Duration kUnwatched{500};
constexpr std::string_view kForm = "1";

bool is_same(const OpenFile& file, const Known& known) {
  return file.inode == known.inode && (file.device == known.device || known.head_bytes > 0);
}

}  // namespace

FilePosition FilePosition::back(std::size_t bytes) const {
  FilePosition earlier = *this;
  earlier.offset -= std::min<std::uint64_t>(bytes, offset);
  if (earlier.head_bytes > earlier.offset) {
    earlier.head.resize(std::min<std::uint64_t>(earlier.head.size(), earlier.offset));
    earlier.head_bytes = earlier.head.size();
    earlier.head_hash = hash_of(earlier.head);
  }
  return earlier;
}

std::string FilePosition::text() const {
  return fmt::format("{} {} {} {} {} {}", kForm, device, inode, offset, head_bytes,
                     head_hash.empty() ? "-" : head_hash);
}

std::optional<FilePosition> FilePosition::parse(std::string_view text) {
  const auto written = text;
  const auto word = [&] {
    const auto end = std::min(text.find(' '), text.size());
    const auto found = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return found;
  };
  bool good = word() == kForm;
  const auto number = [&] {
    const auto digits = word();
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    good = good && error == std::errc() && end == digits.data() + digits.size();
    return value;
  };
  FilePosition position;
  position.device = number();
  position.inode = number();
  position.offset = number();
  position.head_bytes = number();
  position.head_hash = word();
  if (position.head_hash == "-") position.head_hash.clear();
  good = good && position.text() == written &&
         position.head_bytes <= std::min<std::uint64_t>(kHeadBytes, position.offset) &&
         position.head_hash.empty() == (position.head_bytes == 0);
  return good ? std::optional(std::move(position)) : std::nullopt;
}

FollowedFile::FollowedFile(std::string path, bool follow, std::optional<FilePosition> resume)
    : path_(std::move(path)), follow_(follow), resume_(std::move(resume)) {
  if (resume_ && resume_->inode == 0) resume_.reset();
  if (resume_) left_ = *resume_;
}

FilePosition FollowedFile::position() const {
  if (!file_) return left_;
  FilePosition position;
  position.offset = offset_;
  if (!file_->regular) return position;
  position.device = file_->device;
  position.inode = file_->inode;
  position.head = head_;
  position.head_bytes = head_.size();
  position.head_hash = hash_of(head_);
  return position;
}

int FollowedFile::wait_descriptor() const {
  return file_ && !file_->regular ? file_->descriptor.get() : watch_.descriptor();
}

Duration FollowedFile::look_again() const {
  return (file_ ? watch_.complete() : watch_.sees_folder()) ? kWatched : kUnwatched;
}

FollowedFile::Step FollowedFile::read(std::size_t max_bytes) {
  Step step;
  max_bytes = std::max<std::size_t>(max_bytes, 1);
  watch_.drain();
  if (ended_) {
    step.kind = Step::Kind::ended;
  } else if (file_ || open(step)) {
    if (file_->regular) {
      read_file(max_bytes, step);
    } else {
      read_stream(max_bytes, step);
    }
  }
  if (ended_) step.kind = Step::Kind::ended;
  step.position = position();
  return step;
}

// ---- opening

void FollowedFile::fail(Kind kind, int error, Step& step) {
  const std::string why = std::generic_category().message(error);
  if (std::exchange(trouble_, why) != why) step.reports.push_back({kind, path_, 0, 0, why});
}

void FollowedFile::begin(OpenFile file, std::uint64_t offset, Step& step) {
  offset_ = offset;
  head_.clear();
  pending_.clear();
  fresh_ = true;
  trouble_.clear();
  step.reports.push_back({Kind::opened, file.name, offset, 0});
  file_ = std::move(file);
  watch_.set(path_, file_->descriptor.get());
}

// In a file of which something was delivered before.
void FollowedFile::go_on(OpenFile file, const Known& known, Step& step) {
  begin(std::move(file), known.offset, step);
  const auto head_bytes = std::min<std::uint64_t>(kHeadBytes, known.offset);
  if (!read_at(file_->descriptor.get(), 0, head_bytes, head_)) head_.clear();
}

bool FollowedFile::open(Step& step) {
  if (!file_) watch_.set(path_, -1);
  return resume_ ? open_resumed(step) : open_path(step);
}

bool FollowedFile::open_path(Step& step) {
  auto file = OpenFile::open(path_);
  if (!file) {
    fail(file.error() == ENOENT ? Kind::missing : Kind::unreadable, file.error(), step);
    return false;
  }
  struct stat status{};
  const bool pipe = ::fstat(file->descriptor.get(), &status) == 0 && S_ISFIFO(status.st_mode);
  if (pipe && follow_) {
    // A writer of its own keeps a pipe open when the last other one leaves.
    FileDescriptor both(::open(path_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (both.valid()) file->descriptor = std::move(both);
  }
  begin(std::move(*file), 0, step);
  return true;
}

bool FollowedFile::open_resumed(Step& step) {
  const FilePosition known = *resume_;
  auto file = OpenFile::open(path_);
  if (file && !file->regular) {
    resume_.reset();
    return open_path(step);
  }
  const bool same = file && is_same(*file, known);
  if (same && begins_as(*file, known)) {
    resume_.reset();
    go_on(std::move(*file), known, step);
    return true;
  }
  if (auto old = same ? find_copy(path_, known) : find_known(path_, known)) {
    resume_.reset();
    if (same) step.reports.push_back({Kind::truncated, path_, known.offset, 0});
    go_on(std::move(*old), known, step);
    return true;
  }
  if (!file) return open_path(step);  // says why not
  resume_.reset();
  // The same inode with another beginning: emptied, or the number was given to a new file.
  step.reports.push_back({same ? Kind::truncated : Kind::lost, path_, known.offset, 0});
  begin(std::move(*file), 0, step);
  return true;
}

// ---- a regular file

// Another file has the name and something in it, or one came and went. Whoever writes has left this one by then: what
// is read of it after this call is all of it.
bool FollowedFile::has_successor() const {
  struct stat status{};
  const bool there = ::stat(path_.c_str(), &status) == 0;
  if (there && status.st_dev == file_->device && status.st_ino == file_->inode) return false;
  if (there && (status.st_size > 0 || !S_ISREG(status.st_mode) || !follow_)) return true;
  return find_rotated_after(path_, *file_).has_value();
}

// Looks at the file: is it shorter than what was read, or does it begin otherwise?
bool FollowedFile::was_truncated() {
  const auto size = file_->size;
  const auto modified = file_->modified;
  if (!file_->look()) return false;
  if (file_->size < offset_ + pending_.size()) return true;
  if (file_->size == size && file_->modified == modified) return false;
  std::string known = head_;
  if (known.size() < kHeadBytes) known.append(pending_, 0, kHeadBytes - known.size());
  std::string head;
  return !read_at(file_->descriptor.get(), 0, known.size(), head) || head != known;
}

void FollowedFile::restart_truncated(Step& step) {
  step.reports.push_back({Kind::truncated, file_->name, offset_, 0});
  const FilePosition known = position();
  const auto lost = pending_.size();
  if (auto copy = find_copy(path_, known)) return go_on(std::move(*copy), known, step);
  if (lost > 0) step.reports.push_back({Kind::lost, file_->name, known.offset, lost});
  OpenFile again = std::move(*file_);
  begin(std::move(again), 0, step);
}

void FollowedFile::switch_file(Step& step) {
  step.reports.push_back({Kind::rotated, file_->name, offset_, 0});
  if (auto between = find_rotated_after(path_, *file_)) return begin(std::move(*between), 0, step);
  left_ = position();
  file_.reset();
  (void)open_path(step);
}

void FollowedFile::deliver(std::size_t bytes, Step& step) {
  step.kind = Step::Kind::bytes;
  step.starts_file = std::exchange(fresh_, false);
  if (bytes == pending_.size()) {
    step.bytes = std::move(pending_);
    pending_.clear();
  } else {
    step.bytes.assign(pending_, 0, bytes);
    pending_.erase(0, bytes);
  }
  if (head_.size() < kHeadBytes) head_.append(step.bytes, 0, kHeadBytes - head_.size());
  offset_ += bytes;
}

// Delivers what is complete, or, at the last of a file, all there is.
bool FollowedFile::take_lines(std::size_t max_bytes, bool last, Step& step) {
  const auto end = pending_.rfind('\n');
  const bool all = last || (end == std::string::npos && pending_.size() >= max_bytes);
  const std::size_t bytes = all ? pending_.size() : end == std::string::npos ? 0 : end + 1;
  if (bytes == 0) return false;
  deliver(bytes, step);
  return true;
}

void FollowedFile::read_file(std::size_t max_bytes, Step& step) {
  while (file_ && file_->regular) {
    const bool successor = has_successor();
    if (was_truncated()) {
      restart_truncated(step);
    } else if (read_more(max_bytes, successor, step)) {
      return;
    }
  }
  if (file_) read_stream(max_bytes, step);
}

// True: there is a step to give. False: look again, at another file.
bool FollowedFile::read_more(std::size_t max_bytes, bool successor, Step& step) {
  const std::size_t room = max_bytes - std::min(max_bytes, pending_.size());
  const auto got =
      read_at(file_->descriptor.get(), offset_ + pending_.size(), std::max<std::size_t>(room, 1), pending_);
  if (!got) {
    fail(Kind::unreadable, got.error(), step);
    return true;
  }
  trouble_.clear();
  const bool at_end = *got == 0;
  const bool finished = at_end && (successor || !follow_);
  if (take_lines(max_bytes, finished, step)) return true;
  if (!at_end) return false;
  if (successor) {
    switch_file(step);
    return false;
  }
  ended_ = !follow_;
  return true;
}

// ---- a pipe or a device

void FollowedFile::read_stream(std::size_t max_bytes, Step& step) {
  const int descriptor = file_->descriptor.get();
  const std::size_t before = pending_.size();
  pending_.resize(std::max(max_bytes, before + 1));
  const auto got = ::read(descriptor, pending_.data() + before, pending_.size() - before);
  const int error = errno;
  pending_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  bool at_end = got == 0;
  if (at_end) {
    // A pipe that nobody has opened for writing yet looks like one that everybody has left, but for poll().
    struct stat status{};
    pollfd waited{descriptor, POLLIN, 0};
    const bool pipe = ::fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode);
    if (pipe && ::poll(&waited, 1, 0) == 0) at_end = false;
  } else if (got < 0 && error != EAGAIN && error != EINTR) {
    fail(Kind::unreadable, error, step);
    at_end = true;
  }
  if (take_lines(max_bytes, at_end, step)) return;
  ended_ = at_end;
}

}  // namespace triaged::files

#include "connectors/files/open_file.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/digest.hpp"

namespace triaged::files {
namespace {

namespace fs = std::filesystem;

std::int64_t nanoseconds(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

struct Entry {
  std::string path;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t modified = 0;
};

// The regular files beside `path`, without itself.
std::vector<Entry> beside(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  const std::string base = fs::path(path).filename().string();
  std::vector<Entry> entries;
  std::error_code error;
  for (fs::directory_iterator entry(folder.empty() ? "." : folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    struct stat status{};
    const std::string full = (folder / name).string();
    if (name == base || ::lstat(full.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    entries.push_back({full, status.st_dev, status.st_ino, nanoseconds(status.st_mtim)});
  }
  return entries;
}

bool is_rotated_part(std::string_view part) {
  if (part.size() < 2 || std::string_view("-._").find(part[0]) == std::string_view::npos) return false;
  return part.find_first_not_of("0123456789-._T") == std::string_view::npos &&
         part.find_first_of("0123456789") != std::string_view::npos;
}

std::optional<OpenFile> open_regular(const std::string& path) {
  auto file = OpenFile::open(path);
  if (!file || !file->regular) return std::nullopt;
  return std::move(*file);
}

}  // namespace

std::expected<OpenFile, int> OpenFile::open(const std::string& name) {
  OpenFile file;
  file.name = name;
  file.descriptor = FileDescriptor(::open(name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!file.descriptor.valid()) return std::unexpected(errno);
  if (const auto looked = file.look(); !looked) return std::unexpected(looked.error());
  return file;
}

std::expected<void, int> OpenFile::look() {
  struct stat status{};
  if (::fstat(descriptor.get(), &status) != 0) return std::unexpected(errno);
  if (S_ISDIR(status.st_mode)) return std::unexpected(EISDIR);
  device = status.st_dev;
  inode = status.st_ino;
  size = static_cast<std::uint64_t>(status.st_size);
  modified = nanoseconds(status.st_mtim);
  regular = S_ISREG(status.st_mode);
  return {};
}

std::expected<std::size_t, int> read_at(int descriptor, std::uint64_t offset, std::size_t bytes, std::string& out) {
  const std::size_t before = out.size();
  out.resize(before + bytes);
  ssize_t got = 0;
  do {
    got = ::pread(descriptor, out.data() + before, bytes, static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  const int error = errno;
  out.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0) return std::unexpected(error);
  return static_cast<std::size_t>(got);
}

std::string hash_of(std::string_view head) {
  if (head.empty()) return {};
  config::Digest digest;
  digest.add_piece(head);
  return digest.hex();
}

bool begins_as(const OpenFile& file, const Known& known) {
  if (file.size < known.offset) return false;
  std::string head;
  const auto got = read_at(file.descriptor.get(), 0, known.head_bytes, head);
  return got && *got == known.head_bytes && hash_of(head) == known.head_hash;
}

std::optional<OpenFile> find_known(const std::string& path, const Known& known) {
  for (const auto& entry : beside(path)) {
    // A device's number may be another after a boot; the head tells.
    if (entry.inode != known.inode || (entry.device != known.device && known.head_bytes == 0)) continue;
    if (auto file = open_regular(entry.path); file && begins_as(*file, known)) return file;
  }
  return find_copy(path, known);
}

std::optional<OpenFile> find_copy(const std::string& path, const Known& known) {
  std::optional<OpenFile> newest;
  if (known.head_bytes == 0) return newest;
  const std::string base = fs::path(path).filename().string();
  for (const auto& entry : beside(path)) {
    if (entry.inode == known.inode || !is_rotated_name(fs::path(entry.path).filename().string(), base)) continue;
    if (newest && newest->modified >= entry.modified) continue;
    if (auto file = open_regular(entry.path); file && begins_as(*file, known)) newest = std::move(file);
  }
  return newest;
}

std::optional<OpenFile> find_rotated_after(const std::string& path, const OpenFile& file) {
  const std::string base = fs::path(path).filename().string();
  const Entry* oldest = nullptr;
  const auto entries = beside(path);
  for (const auto& entry : entries) {
    if (entry.inode == file.inode || entry.modified <= file.modified) continue;
    if (!is_rotated_name(fs::path(entry.path).filename().string(), base)) continue;
    if (oldest == nullptr || entry.modified < oldest->modified) oldest = &entry;
  }
  return oldest == nullptr ? std::nullopt : open_regular(oldest->path);
}

bool is_rotated_name(std::string_view name, std::string_view base) {
  if (name.starts_with(base) && is_rotated_part(name.substr(base.size()))) return true;
  const auto dot = base.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  const auto stem = base.substr(0, dot);
  const auto extension = base.substr(dot);
  if (name.size() <= base.size() || !name.starts_with(stem) || !name.ends_with(extension)) return false;
  return is_rotated_part(name.substr(stem.size(), name.size() - base.size()));
}

}  // namespace triaged::files

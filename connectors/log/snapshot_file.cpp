#include "connectors/log/snapshot_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/digest.hpp"
#include "connectors/files/file_descriptor.hpp"
#include "rules/model/archive.hpp"

namespace triaged::log {
namespace {

constexpr std::string_view kMagic = "triaged snapshot 1\n";
constexpr std::size_t kPiece = std::size_t{1} << 20U;
constexpr std::size_t kHashDigits = 64;
// Behind the manifest: its length, its SHA-256, and the magic, by which it is found from the end.
constexpr std::size_t kTrailer = sizeof(std::uint64_t) + kHashDigits + kMagic.size();

struct ManifestRow {
  SnapshotManifest* m;
  template <class A>
  void fields(A& a) {
    a(m->cut, m->cut_hash, m->through, m->engine_version, m->outputs, m->bundle, m->state_bytes, m->state_hash);
  }
};

std::string failed(std::string_view what, const std::string& path) {
  return fmt::format("{}: can't be {}: {}", path, what, std::strerror(errno));
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

bool read_at(int fd, std::uint64_t offset, std::size_t size, std::string& into) {
  into.resize(size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(fd, into.data() + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    done += static_cast<std::size_t>(got);
  }
  return true;
}

bool sync_folder(const std::string& directory) {
  const files::FileDescriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder.valid() && ::fsync(folder.get()) == 0;
}

/// A file beside its place, until it is whole.
class Draft {
 public:
  explicit Draft(std::string target) : target_(std::move(target)), path_(target_ + ".part") {}
  ~Draft() {
    if (file_.valid() && !kept_) ::unlink(path_.c_str());
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  bool open() {
    file_ = files::FileDescriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!file_.valid()) error_ = failed("created", path_);
    return file_.valid();
  }
  /// What fails is told by keep().
  void write(std::string_view bytes) {
    if (error_.empty() && !write_all(file_.get(), bytes)) error_ = failed("written", path_);
  }
  /// Durable at its place.
  std::expected<void, std::string> keep(const std::string& directory) {
    if (error_.empty() && ::fsync(file_.get()) != 0) error_ = failed("written", path_);
    if (!error_.empty()) return std::unexpected(error_);
    if (::rename(path_.c_str(), target_.c_str()) != 0) return std::unexpected(failed("renamed", path_));
    kept_ = true;
    if (!sync_folder(directory)) return std::unexpected(failed("synced", directory));
    return {};
  }
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  std::string target_;
  std::string path_;
  files::FileDescriptor file_;
  std::string error_;
  bool kept_ = false;
};

Hash sha256(std::string_view bytes) {
  config::Digest digest;
  digest.add_piece(bytes);
  return digest.hex();
}

std::optional<SnapshotManifest> read_manifest(const std::string& path) {
  const files::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (!file.valid() || ::fstat(file.get(), &status) != 0) return std::nullopt;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  std::string bytes;
  if (size < kTrailer || !read_at(file.get(), size - kTrailer, kTrailer, bytes)) return std::nullopt;
  if (!std::string_view(bytes).ends_with(kMagic)) return std::nullopt;
  const std::string hash = bytes.substr(sizeof(std::uint64_t), kHashDigits);
  std::uint64_t length = 0;
  StateReader trailer(bytes);
  trailer(length);
  if (length > size - kTrailer || !read_at(file.get(), size - kTrailer - length, length, bytes)) return std::nullopt;
  if (sha256(bytes) != hash) return std::nullopt;
  SnapshotManifest manifest;
  ManifestRow row{&manifest};
  StateReader reader(bytes);
  reader(row);
  if (!reader.good() || !reader.at_end() || manifest.state_bytes != size - kTrailer - length) return std::nullopt;
  return manifest;
}

/// Calls `take` with each piece of the state.
std::expected<void, std::string> read_state(const StoredSnapshot& snapshot, auto take) {
  const files::FileDescriptor file(::open(snapshot.file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return std::unexpected(failed("opened", snapshot.file));
  config::Digest digest;
  std::string piece;
  for (std::uint64_t at = 0; at < snapshot.manifest.state_bytes;) {
    const std::size_t size = std::min<std::uint64_t>(kPiece, snapshot.manifest.state_bytes - at);
    if (!read_at(file.get(), at, size, piece)) return std::unexpected(failed("read", snapshot.file));
    digest.add_piece(piece);
    take(piece);
    at += size;
  }
  if (digest.hex() != snapshot.manifest.state_hash) {
    return std::unexpected(fmt::format("{}: damaged: its bytes do not have the SHA-256 that it names", snapshot.file));
  }
  return {};
}

}  // namespace

std::optional<Time> written_at(const std::string& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return std::nullopt;
  return Time(std::chrono::seconds(status.st_mtim.tv_sec) +
              std::chrono::floor<Duration>(std::chrono::nanoseconds(status.st_mtim.tv_nsec)));
}

std::string SnapshotStore::path(int slot) const { return directory_ + (slot == 0 ? "/snapshot-a" : "/snapshot-b"); }

std::expected<void, std::string> SnapshotStore::write(
    int slot, SnapshotManifest manifest,
    const std::function<void(std::function<void(std::string_view)>)>& produce) const {
  Draft draft(path(slot));
  if (!draft.open()) return std::unexpected(draft.error());
  config::Digest digest;
  manifest.state_bytes = 0;
  produce([&](std::string_view piece) {
    draft.write(piece);
    digest.add_piece(piece);
    manifest.state_bytes += piece.size();
  });
  manifest.state_hash = digest.hex();
  StateWriter writer;
  writer(ManifestRow{&manifest});
  const std::string bytes = writer.take();
  StateWriter trailer;
  trailer(static_cast<std::uint64_t>(bytes.size()));
  draft.write(bytes + trailer.take() + sha256(bytes) + std::string(kMagic));
  return draft.keep(directory_);
}

std::expected<void, std::string> SnapshotStore::write_copy(
    int slot, const std::function<bool(std::function<void(std::string_view)>)>& produce) const {
  Draft draft(path(slot));
  if (!draft.open()) return std::unexpected(draft.error());
  if (!produce([&draft](std::string_view piece) { draft.write(piece); })) return std::unexpected(std::string());
  return draft.keep(directory_);
}

std::vector<StoredSnapshot> SnapshotStore::list() const {
  std::vector<StoredSnapshot> found;
  for (const int slot : {0, 1}) {
    if (auto manifest = read_manifest(path(slot))) found.push_back({path(slot), std::move(*manifest)});
  }
  std::ranges::sort(found, [](const auto& a, const auto& b) { return a.manifest.cut > b.manifest.cut; });
  return found;
}

std::vector<std::string> SnapshotStore::damaged() const {
  std::vector<std::string> found;
  for (const int slot : {0, 1}) {
    if (::access(path(slot).c_str(), F_OK) != 0 || read_manifest(path(slot))) continue;
    found.push_back(path(slot) + ": damaged: it is torn, or its manifest was altered");
  }
  return found;
}

std::expected<std::string, std::string> SnapshotStore::read(const StoredSnapshot& snapshot) const {
  std::string state;
  state.reserve(snapshot.manifest.state_bytes);
  const auto good = read_state(snapshot, [&](const std::string& piece) { state += piece; });
  if (!good) return std::unexpected(good.error());
  return state;
}

std::expected<void, std::string> SnapshotStore::verify(const StoredSnapshot& snapshot) const {
  return read_state(snapshot, [](const std::string&) {});
}

int SnapshotStore::next_slot() const {
  const auto found = list();
  if (found.size() < 2) return !found.empty() && found.front().file == path(0) ? 1 : 0;
  return found.back().file == path(0) ? 0 : 1;
}

}  // namespace triaged::log

#include "connectors/log/kafka/snapshot_topic.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <set>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "config/digest.hpp"
#include "connectors/files/file_descriptor.hpp"
#include "connectors/kafka/admin.hpp"
#include "connectors/kafka/producer.hpp"
#include "connectors/log/kafka/kafka_error.hpp"
#include "connectors/log/kafka/snapshot_copies.hpp"

namespace triaged::log {
namespace {

constexpr std::size_t kChunk = std::size_t{900} << 10U;

std::unexpected<LogError> failed(std::string message) {
  return std::unexpected(LogError{LogError::Kind::unavailable, std::move(message)});
}

/// Calls `take` with one piece after the other, for as long as it says so.
std::expected<void, LogError> read_pieces(int file, const std::string& name,
                                          const std::function<std::expected<void, LogError>(std::string_view)>& take) {
  std::string piece(kChunk, '\0');
  for (off_t at = 0;;) {
    std::size_t size = 0;
    while (size < kChunk) {
      const ssize_t got = ::pread(file, piece.data() + size, kChunk - size, at + static_cast<off_t>(size));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failed(fmt::format("{}: can't be read: {}", name, std::strerror(errno)));
      if (got == 0) break;
      size += static_cast<std::size_t>(got);
    }
    if (size == 0) return {};
    if (auto taken = take({piece.data(), size}); !taken) return taken;
    at += static_cast<off_t>(size);
  }
}

bool same(const SnapshotManifest& manifest, const SnapshotCopy& copy) {
  return manifest.cut == copy.cut && manifest.cut_hash == copy.cut_hash && manifest.state_hash == copy.state_hash;
}

}  // namespace

struct SnapshotTopic::Impl {
  Options options;
  std::unique_ptr<kafka::Admin> admin;
  std::unique_ptr<kafka::Producer> producer;
  SnapshotCopies copies;
  std::set<std::int64_t> good{};  // manifests whose copies were read back

  [[nodiscard]] std::int32_t partition() const { return static_cast<std::int32_t>(options.shard); }

  std::expected<std::int64_t, LogError> send(const SnapshotCopy& copy, std::string_view kind, std::string_view value) {
    const std::string cut = std::to_string(copy.cut);
    const std::string last = std::to_string(copy.previous);
    const auto sent =
        producer->send({.topic = options.topic,
                        .partition = partition(),
                        .key = "",
                        .value = value,
                        .headers = {{"kind", kind}, {"snapshot", cut}, {"writer", copy.writer}, {"last", last}}},
                       options.patience);
    if (!sent) return std::unexpected(to_log_error(sent.error()));
    return *sent;
  }

  std::expected<bool, LogError> is_good(const SnapshotCopy& copy) {
    if (good.contains(copy.offset)) return true;
    const auto why_not = copies.read(copy, [](std::string_view) {});
    if (!why_not) return std::unexpected(why_not.error());
    if (why_not->empty()) good.insert(copy.offset);
    return why_not->empty();
  }

  /// Chunks, then the manifest. `copy` has what is known of the file.
  std::expected<void, LogError> write(int file, const std::string& name, SnapshotCopy& copy) {
    config::Digest digest;
    const auto sent = read_pieces(file, name, [&](std::string_view piece) -> std::expected<void, LogError> {
      const auto offset = send(copy, "chunk", piece);
      if (!offset) return std::unexpected(offset.error());
      digest.add_piece(piece);
      if (copy.chunks++ == 0) copy.first = *offset;
      copy.last = *offset;
      copy.bytes += piece.size();
      options.on_stage("chunk");
      return {};
    });
    if (!sent) return sent;
    if (copy.chunks == 0) return failed(name + ": is empty");
    copy.sha256 = digest.hex();
    const auto offset = send(copy, "manifest", encode(copy));
    if (!offset) return std::unexpected(offset.error());
    copy.offset = *offset;
    options.on_stage("manifest");
    return {};
  }

  /// Keeps the copy of the latest cut and the newest good one of an earlier cut.
  std::expected<void, LogError> trim() {
    const auto found = copies.list();
    if (!found) return std::unexpected(found.error());
    const SnapshotCopy* latest = nullptr;
    for (const SnapshotCopy& copy : found->copies) {
      if (latest != nullptr && copy.cut == latest->cut) continue;
      const auto whole = is_good(copy);
      if (!whole) return std::unexpected(whole.error());
      if (!*whole) continue;
      if (latest == nullptr) {
        latest = &copy;
        continue;
      }
      const std::int64_t keep = std::min(latest->first, copy.first);
      good.erase(good.begin(), good.lower_bound(keep));
      const auto deleted = admin->delete_before(options.topic, partition(), keep);
      if (!deleted) return std::unexpected(to_log_error(deleted.error()));
      return {};
    }
    return {};
  }
};

SnapshotTopic::SnapshotTopic(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SnapshotTopic::~SnapshotTopic() = default;

std::expected<std::unique_ptr<SnapshotTopic>, LogError> SnapshotTopic::open(Options options) {
  auto admin = kafka::Admin::open(options.client, options.patience);
  if (!admin) return std::unexpected(to_log_error(admin.error()));
  auto producer = kafka::Producer::open(options.client, options.patience);
  if (!producer) return std::unexpected(to_log_error(producer.error()));
  auto copies =
      SnapshotCopies::open(options.client, options.topic, static_cast<std::int32_t>(options.shard), options.patience);
  if (!copies) return std::unexpected(copies.error());
  return std::unique_ptr<SnapshotTopic>(new SnapshotTopic(std::make_unique<Impl>(Impl{.options = std::move(options),
                                                                                      .admin = *std::move(admin),
                                                                                      .producer = *std::move(producer),
                                                                                      .copies = *std::move(copies)})));
}

std::expected<void, LogError> SnapshotTopic::upload(const SnapshotStore& store, const StoredSnapshot& snapshot) {
  const files::FileDescriptor file(::open(snapshot.file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) {
    return failed(fmt::format("{}: can't be opened: {}", snapshot.file, std::strerror(errno)));
  }
  SnapshotCopy copy{.writer = fmt::format("{:08x}{:08x}", std::random_device()(), std::random_device()()),
                    .cut = snapshot.manifest.cut,
                    .cut_hash = snapshot.manifest.cut_hash,
                    .state_hash = snapshot.manifest.state_hash,
                    .sha256 = {}};
  // What is open stays as it is, but it may not be what was asked for: the next snapshot takes the older one's place.
  const auto stored = store.list();
  if (std::ranges::none_of(stored, [&](const StoredSnapshot& other) {
        return other.file == snapshot.file && same(other.manifest, copy);
      })) {
    return failed(fmt::format("{}: has another snapshot than that of cut {} by now", snapshot.file, copy.cut));
  }
  const auto there = impl_->copies.list();
  if (!there) return std::unexpected(there.error());
  for (const SnapshotCopy& other : there->copies) {
    copy.previous = std::max(copy.previous, other.offset);
    if (!same(snapshot.manifest, other)) continue;
    const auto whole = impl_->is_good(other);
    if (!whole) return std::unexpected(whole.error());
    if (*whole) return {};
  }
  if (auto written = impl_->write(file.get(), snapshot.file, copy); !written) return written;
  const auto why_not = impl_->copies.read(copy, [](std::string_view) {});
  if (!why_not) return std::unexpected(why_not.error());
  if (!why_not->empty()) return failed(*why_not);
  impl_->good.insert(copy.offset);
  impl_->options.on_stage("read back");
  return impl_->trim();
}

std::expected<SnapshotTopic::Fetched, LogError> SnapshotTopic::fetch(const SnapshotStore& store) {
  auto found = impl_->copies.list();
  if (!found) return std::unexpected(found.error());
  Fetched fetched{.passed_over = std::move(found->torn)};
  for (const SnapshotCopy& copy : found->copies) {
    int slot = store.next_slot();
    for (const StoredSnapshot& stored : store.list()) {
      if (!same(stored.manifest, copy)) continue;
      if (store.verify(stored)) {
        fetched.cut = copy.cut;
        fetched.was_there = true;
        return fetched;
      }
      slot = stored.file == store.path(0) ? 0 : 1;  // in place of the damaged one
    }
    std::expected<std::string, LogError> why_not;
    const auto written = store.write_copy(slot, [&](const std::function<void(std::string_view)>& take) {
      why_not = impl_->copies.read(copy, take);
      return why_not && why_not->empty();
    });
    if (!why_not) return std::unexpected(why_not.error());
    if (!why_not->empty()) {
      fetched.passed_over.push_back(*std::move(why_not));
      continue;
    }
    if (!written) return std::unexpected(LogError{LogError::Kind::full, written.error()});
    impl_->good.insert(copy.offset);
    fetched.cut = copy.cut;
    return fetched;
  }
  return fetched;
}

}  // namespace triaged::log

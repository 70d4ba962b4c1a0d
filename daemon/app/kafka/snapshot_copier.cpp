#include "daemon/app/kafka/snapshot_copier.hpp"

#include <utility>

#include "connectors/systemd/thread_name.hpp"

namespace triaged::app {

SnapshotCopier::SnapshotCopier(Options options, std::unique_ptr<log::SnapshotTopic> topic)
    : options_(std::move(options)), topic_(std::move(topic)) {}

std::expected<std::unique_ptr<SnapshotCopier>, log::LogError> SnapshotCopier::open(Options options) {
  auto topic = log::SnapshotTopic::open({.client = options.client, .topic = options.topic, .shard = options.shard});
  if (!topic) return std::unexpected(topic.error());
  return std::unique_ptr<SnapshotCopier>(new SnapshotCopier(std::move(options), *std::move(topic)));
}

SnapshotCopier::~SnapshotCopier() { finish(); }

void SnapshotCopier::copy(std::uint64_t cut) {
  const std::lock_guard lock(mutex_);
  wanted_ = cut;
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_one();
}

void SnapshotCopier::finish() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void SnapshotCopier::run() {
  systemd::name_thread("snapshots");
  for (;;) {
    std::uint64_t cut = 0;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || wanted_ != 0; });
      if (wanted_ == 0) return;
      cut = std::exchange(wanted_, 0);
    }
    for (const log::StoredSnapshot& stored : options_.store.list()) {
      if (stored.manifest.cut != cut) continue;
      if (auto copied = topic_->upload(options_.store, stored); !copied) {
        options_.on_failed(copied.error().message);
      } else {
        options_.on_copied();
      }
    }
  }
}

}  // namespace triaged::app

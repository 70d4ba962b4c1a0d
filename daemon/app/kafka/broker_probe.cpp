#include "daemon/app/kafka/broker_probe.hpp"

#include <utility>

#include "connectors/systemd/thread_name.hpp"

namespace triaged::app {
namespace {

constexpr Duration kPatience = std::chrono::seconds(5);
constexpr Duration kBetween = std::chrono::seconds(2);

}  // namespace

std::expected<std::unique_ptr<BrokerProbe>, kafka::Error> BrokerProbe::start(
    const kafka::ClientOptions& client, std::string topic, std::function<void(std::string)> on_change) {
  // A transaction that hangs is another matter.
  auto reader = kafka::PartitionReader::open(client, kafka::PartitionReader::Isolation::uncommitted);
  if (!reader) return std::unexpected(reader.error());
  return std::unique_ptr<BrokerProbe>(new BrokerProbe(*std::move(reader), std::move(topic), std::move(on_change)));
}

BrokerProbe::BrokerProbe(std::unique_ptr<kafka::PartitionReader> reader, std::string topic,
                         std::function<void(std::string)> on_change)
    : reader_(std::move(reader)),
      topic_(std::move(topic)),
      on_change_(std::move(on_change)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

std::string BrokerProbe::fault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

void BrokerProbe::run(const std::stop_token& stop) {
  systemd::name_thread("probe");
  while (!stop.stop_requested()) {
    const auto marks = reader_->watermarks(topic_, 0, kPatience);
    const std::string found = marks ? std::string() : marks.error().message;
    std::unique_lock lock(mutex_);
    const bool changed = std::exchange(fault_, found).empty() != found.empty();
    if (changed) {
      lock.unlock();
      on_change_(found);
      lock.lock();
    }
    stopping_.wait_for(lock, stop, kBetween, [] { return false; });
  }
}

}  // namespace triaged::app

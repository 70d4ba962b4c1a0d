#include "connectors/kafka/assigned_consumer.hpp"

#include <atomic>
#include <utility>

#include <fmt/format.h>

#include "connectors/clock/clock.hpp"
#include "connectors/kafka/native.hpp"

namespace triaged::kafka {
namespace {

constexpr Duration kLook = std::chrono::seconds(1);

}  // namespace

struct AssignedConsumer::Impl {
  explicit Impl(ClientOptions from) : options(std::move(from)) {
    // The library mends connections by itself, and says only here that there is none left.
    options.on_log = [this, on_log = std::move(options.on_log)](const LogLine& line) {
      if (line.facility == rd_kafka_err2name(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)) doubted = true;
      on_log(line);
    };
  }

  ClientOptions options;
  std::atomic<bool> doubted = false;  // that a broker can be reached
  std::vector<PartitionOffset> assigned;
  Client client;
  NativeQueue queue;

  std::expected<void, Error> look() {
    doubted = false;
    auto found = query_watermarks(client.get(), {assigned.front()}, kLook);
    if (found) return {};
    doubted = true;
    found.error().message = "Kafka can't be reached: " + found.error().message;
    return std::unexpected(std::move(found.error()));
  }
};

AssignedConsumer::AssignedConsumer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AssignedConsumer::~AssignedConsumer() {
  if (impl_->client) rd_kafka_assign(impl_->client.get(), nullptr);
}

std::expected<std::unique_ptr<AssignedConsumer>, Error> AssignedConsumer::open(ClientOptions client) {
  auto impl = std::make_unique<Impl>(std::move(client));
  auto conf =
      make_conf(impl->options, {// A consumer needs a group's name; this one never joins it, and commits nothing.
                                {"group.id", impl->options.client_id},
                                {"enable.auto.commit", "false"},
                                {"auto.offset.reset", "error"},
                                {"enable.partition.eof", "true"},
                                // Who reads this way may rest for a second, and needs no more ahead.
                                {"queued.max.messages.kbytes", "32768"},
                                {"isolation.level", "read_committed"}});
  if (!conf) return std::unexpected(conf.error());
  auto made = make_client(RD_KAFKA_CONSUMER, *std::move(conf));
  if (!made) return std::unexpected(made.error());
  impl->client = *std::move(made);
  rd_kafka_poll_set_consumer(impl->client.get());
  impl->queue.reset(rd_kafka_queue_get_consumer(impl->client.get()));
  return std::unique_ptr<AssignedConsumer>(new AssignedConsumer(std::move(impl)));
}

std::expected<std::vector<Watermarks>, Error> AssignedConsumer::watermarks(
    const std::vector<PartitionOffset>& partitions, Duration patience) {
  return query_watermarks(impl_->client.get(), partitions, patience);
}

std::expected<void, Error> AssignedConsumer::assign(const std::vector<PartitionOffset>& partitions) {
  const NativePartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const auto& [topic, partition, offset] : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
  }
  // What was fetched for an assignment before is dropped with it.
  auto code = rd_kafka_assign(impl_->client.get(), nullptr);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = rd_kafka_assign(impl_->client.get(), list.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(make_error(code, "Kafka, choosing what to read"));
  impl_->assigned = partitions;
  return {};
}

std::expected<AssignedConsumer::Step, Error> AssignedConsumer::poll(Duration patience) {
  const clock::Stopwatch stopwatch;
  do {
    if (impl_->doubted && !impl_->assigned.empty()) {
      if (auto good = impl_->look(); !good) return std::unexpected(good.error());
    }
    const Duration left = patience - stopwatch.elapsed();
    rd_kafka_message_t* const message = rd_kafka_consumer_poll(impl_->client.get(), milliseconds(left));
    if (message == nullptr) return Step{};
    IncomingRecord record(message);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return Step{.record = std::move(record)};
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      return Step{.record = {},
                  .at_end = PartitionOffset{std::string(record.topic()), record.partition(), record.offset()}};
    }
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
      Step step;
      step.gone = PartitionOffset{std::string(record.topic()), record.partition(), record.offset()};
      return step;
    }
    Error error = make_error(message->err, "Kafka, reading", rd_kafka_message_errstr(message));
    if (error.kind != Error::Kind::retriable) return std::unexpected(std::move(error));
  } while (stopwatch.elapsed() < patience);
  return Step{};
}

void AssignedConsumer::wake() { rd_kafka_queue_yield(impl_->queue.get()); }

}  // namespace triaged::kafka

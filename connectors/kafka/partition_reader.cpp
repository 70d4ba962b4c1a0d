#include "connectors/kafka/partition_reader.hpp"

#include <utility>

#include <fmt/format.h>

#include "connectors/clock/clock.hpp"
#include "connectors/kafka/native.hpp"

namespace triaged::kafka {

struct PartitionReader::Impl {
  ClientOptions options;
  Client client;
};

PartitionReader::PartitionReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PartitionReader::~PartitionReader() {
  if (impl_->client) rd_kafka_assign(impl_->client.get(), nullptr);
}

std::expected<std::unique_ptr<PartitionReader>, Error> PartitionReader::open(ClientOptions client,
                                                                             Isolation isolation) {
  auto impl = std::make_unique<Impl>(Impl{.options = std::move(client), .client = nullptr});
  auto conf =
      make_conf(impl->options,
                // A consumer needs a group's name; this one never joins it, and commits nothing.
                {{"group.id", impl->options.client_id},
                 {"enable.auto.commit", "false"},
                 {"auto.offset.reset", "error"},
                 {"enable.partition.eof", "true"},
                 // How long a broker holds an answer back where nothing is new: an end is told, and another offset
                 // sought, no sooner.
                 {"fetch.wait.max.ms", "10"},
                 {"isolation.level", isolation == Isolation::committed ? "read_committed" : "read_uncommitted"}});
  if (!conf) return std::unexpected(conf.error());
  auto made = make_client(RD_KAFKA_CONSUMER, *std::move(conf));
  if (!made) return std::unexpected(made.error());
  impl->client = *std::move(made);
  rd_kafka_poll_set_consumer(impl->client.get());
  return std::unique_ptr<PartitionReader>(new PartitionReader(std::move(impl)));
}

std::expected<Watermarks, Error> PartitionReader::watermarks(const std::string& topic, std::int32_t partition,
                                                             Duration patience) {
  const auto marks = query_watermarks(impl_->client.get(), {{topic, partition, 0}}, patience);
  if (!marks) return std::unexpected(marks.error());
  return marks->front();
}

std::expected<std::int64_t, Error> PartitionReader::offset_at(const std::string& topic, std::int32_t partition,
                                                              Time time, Duration patience) {
  const NativePartitions asked(rd_kafka_topic_partition_list_new(1));
  auto* const one = rd_kafka_topic_partition_list_add(asked.get(), topic.c_str(), partition);
  one->offset = time.time_since_epoch().count();
  auto code = rd_kafka_offsets_for_times(impl_->client.get(), asked.get(), milliseconds(patience));
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = one->err;
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::unexpected(make_error(code, fmt::format("Kafka, asking for a time in {}/{}", topic, partition)));
  }
  if (one->offset >= 0) return one->offset;
  const auto marks = watermarks(topic, partition, patience);
  if (!marks) return std::unexpected(marks.error());
  return marks->high;
}

std::expected<void, Error> PartitionReader::seek(const std::string& topic, std::int32_t partition,
                                                 std::int64_t offset) {
  const NativePartitions wanted(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(wanted.get(), topic.c_str(), partition)->offset = offset;
  const auto code = rd_kafka_assign(impl_->client.get(), wanted.get());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return std::unexpected(make_error(code, fmt::format("Kafka, reading {}/{}", topic, partition)));
}

std::expected<PartitionReader::Step, Error> PartitionReader::read(Duration patience) {
  const clock::Stopwatch stopwatch;
  do {
    const Duration left = patience - stopwatch.elapsed();
    rd_kafka_message_t* const message = rd_kafka_consumer_poll(impl_->client.get(), milliseconds(left));
    if (message == nullptr) continue;
    IncomingRecord record(message);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return Step{.record = std::move(record)};
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      return Step{.record = {}, .at_end = true, .end = message->offset};
    }
    Error error = make_error(message->err, "Kafka, reading", rd_kafka_message_errstr(message));
    // Connections that break are mended by the library.
    if (error.kind != Error::Kind::retriable) return std::unexpected(std::move(error));
  } while (stopwatch.elapsed() < patience);
  return Step{};
}

}  // namespace triaged::kafka

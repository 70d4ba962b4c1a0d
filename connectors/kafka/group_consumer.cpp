#include "connectors/kafka/group_consumer.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "connectors/clock/clock.hpp"
#include "connectors/kafka/native.hpp"

namespace triaged::kafka {
namespace {

std::vector<Partition> partitions_of(const rd_kafka_topic_partition_list_t* list) {
  std::vector<Partition> partitions;
  for (int i = 0; i < list->cnt; ++i) partitions.push_back({list->elems[i].topic, list->elems[i].partition});
  return partitions;
}

NativePartitions list_of(const std::vector<Partition>& partitions) {
  NativePartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const Partition& partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.number);
  }
  return list;
}

}  // namespace

// The base is what callbacks get, see make_conf().
struct GroupConsumer::Impl : ClientOptions {
  explicit Impl(Options from) : ClientOptions(std::move(from.client)), options(std::move(from)) {}

  Options options;
  std::optional<Error> failure;  // of a callback; poll() returns it
  Client client;

  static void rebalanced(rd_kafka_t* client, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list,
                         void* opaque) {
    static_cast<Impl*>(static_cast<ClientOptions*>(opaque))->rebalance(client, code, list);
  }

  void rebalance(rd_kafka_t* native, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list) {
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      if (assign(list)) {
        // A pause outlives the assignment that it was for (librdkafka 2.0.2).
        rd_kafka_resume_partitions(native, list);
        rd_kafka_assign(native, list);
        return;
      }
    } else if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
      options.on_revoked(partitions_of(list), rd_kafka_assignment_lost(native) != 0);
    }
    rd_kafka_assign(native, nullptr);
  }

  bool assign(rd_kafka_topic_partition_list_t* list) {
    auto membership = std::make_shared<const GroupMembership>(rd_kafka_consumer_group_metadata(client.get()));
    const auto offsets = options.on_assigned(partitions_of(list), std::move(membership));
    if (!offsets) {
      failure = offsets.error();
      return false;
    }
    for (int i = 0; i < list->cnt; ++i) list->elems[i].offset = (*offsets)[static_cast<std::size_t>(i)];
    return true;
  }
};

GroupConsumer::GroupConsumer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GroupConsumer::~GroupConsumer() = default;

std::expected<std::unique_ptr<GroupConsumer>, Error> GroupConsumer::open(Options options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  const Options& of = impl->options;
  auto conf = make_conf(*impl, {{"group.id", of.group},
                                {"group.instance.id", of.instance},
                                {"partition.assignment.strategy", "range"},
                                {"session.timeout.ms", std::to_string(milliseconds(of.session_timeout))},
                                {"heartbeat.interval.ms", std::to_string(milliseconds(of.session_timeout / 4))},
                                {"max.poll.interval.ms", std::to_string(milliseconds(of.poll_timeout))},
                                {"enable.auto.commit", "false"},
                                {"enable.auto.offset.store", "false"},
                                {"auto.offset.reset", "error"},
                                {"enable.partition.eof", "true"},
                                // That nothing more is there is told when a broker has answered so, after this time.
                                {"fetch.wait.max.ms", "50"},
                                {"isolation.level", "read_committed"}});
  if (!conf) return std::unexpected(conf.error());
  rd_kafka_conf_set_rebalance_cb(conf->get(), &Impl::rebalanced);
  auto made = make_client(RD_KAFKA_CONSUMER, *std::move(conf));
  if (!made) return std::unexpected(made.error());
  impl->client = *std::move(made);
  rd_kafka_poll_set_consumer(impl->client.get());
  const NativePartitions topics(rd_kafka_topic_partition_list_new(static_cast<int>(of.topics.size())));
  for (const std::string& topic : of.topics) {
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const auto code = rd_kafka_subscribe(impl->client.get(), topics.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(make_error(code, "Kafka, joining " + of.group));
  return std::unique_ptr<GroupConsumer>(new GroupConsumer(std::move(impl)));
}

std::expected<GroupConsumer::Step, Error> GroupConsumer::poll(Duration patience) {
  const clock::Stopwatch stopwatch;
  do {
    const Duration left = patience - stopwatch.elapsed();
    rd_kafka_message_t* const message = rd_kafka_consumer_poll(impl_->client.get(), milliseconds(left));
    if (impl_->failure) return std::unexpected(*std::exchange(impl_->failure, std::nullopt));
    if (message == nullptr) continue;
    IncomingRecord record(message);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return Step{.record = std::move(record), .at_end = {}};
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      return Step{.record = {}, .at_end = Partition{std::string(record.topic()), record.partition()}};
    }
    Error error =
        make_error(message->err, "Kafka, reading for group " + impl_->options.group, rd_kafka_message_errstr(message));
    if (error.kind != Error::Kind::retriable) return std::unexpected(std::move(error));
  } while (stopwatch.elapsed() < patience);
  return Step{};
}

void GroupConsumer::pause(const std::vector<Partition>& partitions) {
  rd_kafka_pause_partitions(impl_->client.get(), list_of(partitions).get());
}

void GroupConsumer::resume(const std::vector<Partition>& partitions) {
  rd_kafka_resume_partitions(impl_->client.get(), list_of(partitions).get());
}

std::optional<std::uint64_t> GroupConsumer::lag(const Partition& partition) const {
  std::int64_t low = 0;
  std::int64_t high = 0;
  const NativePartitions position = list_of({partition});
  if (rd_kafka_get_watermark_offsets(impl_->client.get(), partition.topic.c_str(), partition.number, &low, &high) !=
          RD_KAFKA_RESP_ERR_NO_ERROR ||
      rd_kafka_position(impl_->client.get(), position.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::nullopt;
  }
  const std::int64_t at = position->elems[0].offset;
  if (high < 0 || at < 0) return std::nullopt;
  return static_cast<std::uint64_t>(std::max<std::int64_t>(high - at, 0));
}

std::expected<std::vector<std::int64_t>, Error> GroupConsumer::committed(const std::vector<Partition>& partitions,
                                                                         Duration patience) {
  const NativePartitions list = list_of(partitions);
  const auto code = rd_kafka_committed(impl_->client.get(), list.get(), milliseconds(patience));
  const std::string what = "Kafka, asking for the offsets of group " + impl_->options.group;
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(make_error(code, what));
  std::vector<std::int64_t> offsets;
  for (int i = 0; i < list->cnt; ++i) {
    const auto& one = list->elems[i];
    if (one.err != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(make_error(one.err, what));
    offsets.push_back(one.offset);
  }
  return offsets;
}

}  // namespace triaged::kafka

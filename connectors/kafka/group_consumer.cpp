#include "connectors/kafka/group_consumer.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <map>
#include <mutex>
#include <span>
#include <utility>

#include <fmt/format.h>

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

/// Rung by librdkafka's threads.
class Bell {
 public:
  void ring() {
    {
      const std::lock_guard lock(mutex_);
      rung_ = true;
    }
    changed_.notify_one();
  }
  void wait(Duration patience) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [this] { return rung_; });
    rung_ = false;
  }
  /// Rings whenever something comes into the queue while it is empty.
  void hang(rd_kafka_queue_t* queue) {
    rd_kafka_queue_cb_event_enable(queue, [](rd_kafka_t*, void* bell) { static_cast<Bell*>(bell)->ring(); }, this);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
};

}  // namespace

// The base is what callbacks get, see make_conf().
struct GroupConsumer::Impl : ClientOptions {
  explicit Impl(Options from) : ClientOptions(std::move(from.client)), options(std::move(from)) {}
  // Before the client, which revokes what is assigned when it goes.
  ~Impl() { queues.clear(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Options options;
  std::optional<Error> failure;             // of a callback; poll() returns it
  Bell bell;                                // behind the client
  std::map<Partition, NativeQueue> queues;  // what came of each assigned partition
  Client client;
  std::array<rd_kafka_message_t*, kMostTaken> messages{};

  static void rebalanced(rd_kafka_t* client, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list,
                         void* opaque) {
    static_cast<Impl*>(static_cast<ClientOptions*>(opaque))->rebalance(client, code, list);
  }

  void rebalance(rd_kafka_t* native, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list) {
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      if (assign(list)) {
        rd_kafka_assign(native, list);
        return;
      }
    } else if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
      queues.clear();
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
    for (int i = 0; i < list->cnt; ++i) {
      auto& one = list->elems[i];
      one.offset = (*offsets)[static_cast<std::size_t>(i)];
      // A queue of its own, which is not forwarded to that of the group. What is still in it of an assignment before is
      // of an older version, and librdkafka never gives it out.
      NativeQueue queue(rd_kafka_queue_get_partition(client.get(), one.topic, one.partition));
      rd_kafka_queue_forward(queue.get(), nullptr);
      bell.hang(queue.get());
      queues.insert_or_assign({one.topic, one.partition}, std::move(queue));
    }
    return true;
  }

  [[nodiscard]] Error error_of(const rd_kafka_message_t& message) const {
    return make_error(message.err, "Kafka, reading for group " + options.group, rd_kafka_message_errstr(&message));
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
  impl->bell.hang(NativeQueue(rd_kafka_queue_get_consumer(impl->client.get())).get());
  const NativePartitions topics(rd_kafka_topic_partition_list_new(static_cast<int>(of.topics.size())));
  for (const std::string& topic : of.topics) {
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const auto code = rd_kafka_subscribe(impl->client.get(), topics.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(make_error(code, "Kafka, joining " + of.group));
  return std::unique_ptr<GroupConsumer>(new GroupConsumer(std::move(impl)));
}

std::expected<void, Error> GroupConsumer::poll() {
  for (;;) {
    rd_kafka_message_t* const message = rd_kafka_consumer_poll(impl_->client.get(), 0);
    const IncomingRecord owner(message);
    if (impl_->failure) return std::unexpected(*std::exchange(impl_->failure, std::nullopt));
    if (message == nullptr) return {};
    // Records come by the queues of their partitions alone.
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      return std::unexpected(make_error(RD_KAFKA_RESP_ERR__STATE, "Kafka, a record came by the queue of the group"));
    }
    Error error = impl_->error_of(*message);
    if (error.kind != Error::Kind::retriable) return std::unexpected(std::move(error));
  }
}

void GroupConsumer::wait(Duration patience) { impl_->bell.wait(patience); }

std::expected<GroupConsumer::Taken, Error> GroupConsumer::take(const Partition& partition,
                                                               std::vector<IncomingRecord>& records) {
  const auto found = impl_->queues.find(partition);
  if (found == impl_->queues.end()) return Taken{};
  auto& messages = impl_->messages;
  const auto count = rd_kafka_consume_batch_queue(found->second.get(), 0, messages.data(), messages.size());
  Taken taken{.more = count == std::ssize(messages)};
  std::optional<Error> failure;
  for (rd_kafka_message_t* const message : std::span(messages).first(static_cast<std::size_t>(std::max(count, {})))) {
    IncomingRecord record(message);
    const bool is_record = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (is_record || message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      taken.any = true;
      taken.at_end = !is_record;
      if (is_record) records.push_back(std::move(record));
      continue;
    }
    Error error = impl_->error_of(*message);
    if (error.kind != Error::Kind::retriable) failure = std::move(error);
  }
  if (failure) return std::unexpected(*std::move(failure));
  return taken;
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

std::uint64_t GroupConsumer::fetched(const Partition& partition) const {
  const auto found = impl_->queues.find(partition);
  return found == impl_->queues.end() ? 0 : rd_kafka_queue_length(found->second.get());
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

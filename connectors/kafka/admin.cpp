#include "connectors/kafka/admin.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "connectors/kafka/native.hpp"

namespace triaged::kafka {
namespace {

using Metadata = std::unique_ptr<const rd_kafka_metadata_t, Freeing<&rd_kafka_metadata_destroy>>;
using TopicHandle = std::unique_ptr<rd_kafka_topic_t, Freeing<&rd_kafka_topic_destroy>>;
using NewTopicHandle = std::unique_ptr<rd_kafka_NewTopic_t, Freeing<&rd_kafka_NewTopic_destroy>>;
using Resource = std::unique_ptr<rd_kafka_ConfigResource_t, Freeing<&rd_kafka_ConfigResource_destroy>>;
using Deletion = std::unique_ptr<rd_kafka_DeleteRecords_t, Freeing<&rd_kafka_DeleteRecords_destroy>>;
using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, Freeing<&rd_kafka_AdminOptions_destroy>>;

// So long a broker is asked before it is looked whether it denies us: another one of the cluster may not.
constexpr Duration kSlice = std::chrono::seconds(3);

}  // namespace

struct Admin::Impl {
  ClientOptions options;
  Duration patience{};
  // Before the client: its threads may still write here while it ends.
  std::mutex mutex;
  std::string denial;  // the last one by a broker, of who we are, or by us, of who it is
  Client client;

  /// Where every broker refuses the connection, librdkafka tries on, and the call that waits says that time is over.
  void note_denials() {
    options.on_log = [this, on_log = std::move(options.on_log)](const LogLine& line) {
      on_log(line);
      if (line.facility != "_AUTHENTICATION" && line.facility != "_SSL") return;
      const std::lock_guard lock(mutex);
      denial = line.message;
    };
  }
  [[nodiscard]] std::optional<Error> denied(const std::string& what) {
    rd_kafka_poll(client.get(), 0);  // calls on_log
    const std::lock_guard lock(mutex);
    if (denial.empty()) return std::nullopt;
    return Error{
        .kind = Error::Kind::denied, .name = "_AUTHENTICATION", .message = fmt::format("{}: {}", what, denial)};
  }

  [[nodiscard]] AdminOptions admin_options(rd_kafka_admin_op_t operation) const {
    AdminOptions made(rd_kafka_AdminOptions_new(client.get(), operation));
    std::array<char, 256> text{};
    rd_kafka_AdminOptions_set_request_timeout(made.get(), milliseconds(patience), text.data(), text.size());
    return made;
  }

  /// Waits for the answer to what was put on the queue.
  static std::expected<NativeEvent, Error> answer(const NativeQueue& queue, std::string_view what) {
    NativeEvent event(rd_kafka_queue_poll(queue.get(), -1));
    if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      const char* const text = rd_kafka_event_error_string(event.get());
      return std::unexpected(make_error(code, what, text == nullptr ? "" : text));
    }
    return event;
  }

  [[nodiscard]] NativeQueue queue() const { return NativeQueue(rd_kafka_queue_new(client.get())); }

  [[nodiscard]] std::expected<std::int32_t, Error> partitions(const std::string& topic) {
    const std::string what = fmt::format("Kafka, looking at the topic {}", topic);
    const TopicHandle handle(rd_kafka_topic_new(client.get(), topic.c_str(), nullptr));
    const rd_kafka_metadata_t* raw = nullptr;
    auto code = RD_KAFKA_RESP_ERR__TIMED_OUT;
    for (Duration left = patience; left > Duration{0} && code != RD_KAFKA_RESP_ERR_NO_ERROR; left -= kSlice) {
      code = rd_kafka_metadata(client.get(), 0, handle.get(), &raw, milliseconds(std::min(left, kSlice)));
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) break;
      if (auto error = denied(what)) return std::unexpected(*std::move(error));
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(make_error(code, what));
    const Metadata metadata(raw);
    const auto& found = metadata->topics[0];
    if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return 0;
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(make_error(found.err, what));
    return found.partition_cnt;
  }
};

Admin::Admin(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Admin::~Admin() = default;

std::expected<std::unique_ptr<Admin>, Error> Admin::open(ClientOptions client, Duration patience) {
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(client);
  impl->patience = patience;
  impl->note_denials();
  auto conf = make_conf(impl->options, {});
  if (!conf) return std::unexpected(conf.error());
  // A consumer, since a producer that asks for a topic makes it, where the broker allows that.
  auto made = make_client(RD_KAFKA_CONSUMER, *std::move(conf));
  if (!made) return std::unexpected(made.error());
  impl->client = *std::move(made);
  return std::unique_ptr<Admin>(new Admin(std::move(impl)));
}

std::string Admin::brokers() const {
  const auto& properties = impl_->options.properties;
  const auto found = properties.find("bootstrap.servers");
  return found == properties.end() ? std::string() : found->second;
}

std::expected<std::optional<Admin::Topic>, Error> Admin::describe(const std::string& topic) {
  const auto partitions = impl_->partitions(topic);
  if (!partitions) return std::unexpected(partitions.error());
  if (*partitions == 0) return std::nullopt;
  Topic found{.partitions = *partitions, .configuration = {}};
  const Resource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  rd_kafka_ConfigResource_t* asked = resource.get();
  const auto queue = impl_->queue();
  rd_kafka_DescribeConfigs(impl_->client.get(), &asked, 1,
                           impl_->admin_options(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS).get(), queue.get());
  const std::string what = fmt::format("Kafka, looking at the settings of the topic {}", topic);
  const auto event = Impl::answer(queue, what);
  if (!event) return std::unexpected(event.error());
  std::size_t count = 0;
  const auto* const* const resources =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event->get()), &count);
  if (count != 1) return std::unexpected(make_error(RD_KAFKA_RESP_ERR__BAD_MSG, what));
  if (const auto code = rd_kafka_ConfigResource_error(resources[0]); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::unexpected(make_error(code, what));
  }
  const auto* const* const entries = rd_kafka_ConfigResource_configs(resources[0], &count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* const value = rd_kafka_ConfigEntry_value(entries[i]);
    found.configuration[rd_kafka_ConfigEntry_name(entries[i])] = value == nullptr ? "" : value;
  }
  return found;
}

std::expected<void, Error> Admin::create(const NewTopic& topic) {
  std::array<char, 256> text{};
  const NewTopicHandle made(
      rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions, topic.replication, text.data(), text.size()));
  const std::string what = fmt::format("Kafka, creating the topic {}", topic.name);
  if (made == nullptr) return std::unexpected(make_error(RD_KAFKA_RESP_ERR__INVALID_ARG, what, text.data()));
  for (const auto& [name, value] : topic.configuration) {
    rd_kafka_NewTopic_set_config(made.get(), name.c_str(), value.c_str());
  }
  rd_kafka_NewTopic_t* asked = made.get();
  const auto queue = impl_->queue();
  rd_kafka_CreateTopics(impl_->client.get(), &asked, 1, impl_->admin_options(RD_KAFKA_ADMIN_OP_CREATETOPICS).get(),
                        queue.get());
  const auto event = Impl::answer(queue, what);
  if (!event) return std::unexpected(event.error());
  std::size_t count = 0;
  const auto* const* const topics =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event->get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_topic_result_error(topics[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
    const char* const why = rd_kafka_topic_result_error_string(topics[i]);
    return std::unexpected(make_error(code, what, why == nullptr ? "" : why));
  }
  return {};
}

std::expected<void, Error> Admin::delete_before(const std::string& topic, std::int32_t partition, std::int64_t offset) {
  const NativePartitions before(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(before.get(), topic.c_str(), partition)->offset = offset;
  const Deletion deletion(rd_kafka_DeleteRecords_new(before.get()));
  rd_kafka_DeleteRecords_t* asked = deletion.get();
  const auto queue = impl_->queue();
  rd_kafka_DeleteRecords(impl_->client.get(), &asked, 1, impl_->admin_options(RD_KAFKA_ADMIN_OP_DELETERECORDS).get(),
                         queue.get());
  const std::string what = fmt::format("Kafka, deleting from {}/{}", topic, partition);
  const auto event = Impl::answer(queue, what);
  if (!event) return std::unexpected(event.error());
  const auto* const offsets = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event->get()));
  for (int i = 0; i < offsets->cnt; ++i) {
    if (offsets->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return std::unexpected(make_error(offsets->elems[i].err, what));
    }
  }
  return {};
}

}  // namespace triaged::kafka

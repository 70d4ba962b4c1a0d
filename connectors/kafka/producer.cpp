#include "connectors/kafka/producer.hpp"

#include <future>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "connectors/kafka/native.hpp"
#include "connectors/systemd/thread_name.hpp"

namespace triaged::kafka {
namespace {

constexpr int kPollMs = 100;
constexpr int kLastWordsMs = 1'000;

/// One record under way: librdkafka keeps it with the message.
struct UnderWay {
  std::string topic;
  Producer::Sent sent;
};

void told(rd_kafka_t* client, const rd_kafka_message_t* message, void* /*opaque*/) {
  const std::unique_ptr<UnderWay> record(static_cast<UnderWay*>(message->_private));
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return record->sent(message->offset);
  Error error = make_error(message->err, fmt::format("Kafka, producing to {}", record->topic));
  if (rd_kafka_fatal_error(client, nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR) error.kind = Error::Kind::fatal;
  record->sent(std::unexpected(std::move(error)));
}

}  // namespace

struct Producer::Impl {
  ClientOptions options;
  Client client;
  std::jthread thread;  // before the client goes

  void poll(const std::stop_token& stop) const {
    systemd::name_thread("produced");
    while (!stop.stop_requested()) rd_kafka_poll(client.get(), kPollMs);
  }
};

Producer::Producer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Producer::~Producer() {
  impl_->thread = {};
  // Nothing is sent from here on; whoever waits is told.
  rd_kafka_purge(impl_->client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(impl_->client.get(), kLastWordsMs);
}

std::expected<std::unique_ptr<Producer>, Error> Producer::open(ClientOptions client, Duration give_up) {
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(client);
  auto conf = make_conf(impl->options, {{"enable.idempotence", "true"},
                                        {"message.timeout.ms", std::to_string(milliseconds(give_up))},
                                        {"linger.ms", "5"}});
  if (!conf) return std::unexpected(conf.error());
  rd_kafka_conf_set_dr_msg_cb(conf->get(), told);
  auto made = make_client(RD_KAFKA_PRODUCER, *std::move(conf));
  if (!made) return std::unexpected(made.error());
  impl->client = *std::move(made);
  impl->thread = std::jthread([at = impl.get()](const std::stop_token& stop) { at->poll(stop); });
  return std::unique_ptr<Producer>(new Producer(std::move(impl)));
}

std::expected<std::int64_t, Error> Producer::send(const OutgoingRecord& record, Duration patience) {
  auto promise = std::make_shared<std::promise<std::expected<std::int64_t, Error>>>();
  auto answer = promise->get_future();
  send(record, [promise](std::expected<std::int64_t, Error> sent) { promise->set_value(std::move(sent)); });
  if (answer.wait_for(patience) == std::future_status::ready) return answer.get();
  return std::unexpected(make_error(RD_KAFKA_RESP_ERR__TIMED_OUT, fmt::format("Kafka, producing to {}", record.topic)));
}

void Producer::send(const OutgoingRecord& record, Sent sent) {
  auto under_way = std::make_unique<UnderWay>(std::string(record.topic), std::move(sent));
  const auto code = produce(impl_->client.get(), record, RD_KAFKA_MSG_F_BLOCK, under_way.get());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    (void)under_way.release();  // told() has it
    return;
  }
  under_way->sent(std::unexpected(make_error(code, fmt::format("Kafka, producing to {}", record.topic))));
}

}  // namespace triaged::kafka

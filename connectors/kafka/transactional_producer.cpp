#include "connectors/kafka/transactional_producer.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "connectors/kafka/native.hpp"
#include "connectors/kafka/transaction_watch.hpp"

namespace triaged::kafka {
namespace {

// How long one call waits before go_on() is asked.
constexpr int kCallMs = 2'000;
constexpr int kPollMs = 100;

using Done = std::expected<void, Error>;

Done failed(NativeError error, std::string_view what) { return std::unexpected(make_error(error.get(), what)); }

}  // namespace

void FreeMembership::operator()(rd_kafka_consumer_group_metadata_s* metadata) const {
  rd_kafka_consumer_group_metadata_destroy(metadata);
}

struct TransactionalProducer::Impl {
  explicit Impl(Options from) : options(std::move(from)) {}

  Options options;
  std::unique_ptr<TransactionWatch> watch;
  Client client;                   // before its watch goes
  std::vector<NativeTopic> known;  // and these before it
  std::uint64_t undelivered = 0;
  std::string undelivered_why;

  [[nodiscard]] std::string what(std::string_view doing) const {
    return fmt::format("Kafka, {}, transactional id {}", doing, options.transactional_id);
  }

  /// Tries again what can be tried again. `call` gives null where it succeeded.
  template <typename Call>
  Done repeat(std::string_view doing, Call call) {
    for (;;) {
      NativeError error(call());
      if (error == nullptr) return {};
      const bool again = rd_kafka_error_is_retriable(error.get()) != 0;
      if (!again || !options.go_on()) return failed(std::move(error), what(doing));
    }
  }

  Done open() {
    known.clear();
    client.reset();
    watch = std::make_unique<TransactionWatch>();
    const std::string timeout = std::to_string(milliseconds(options.transaction_timeout));
    auto conf = make_conf(options.client, {{"transactional.id", options.transactional_id},
                                           {"enable.idempotence", "true"},
                                           {"transaction.timeout.ms", timeout},
                                           {"message.timeout.ms", timeout},
                                           {"linger.ms", "5"}});
    if (!conf) return std::unexpected(conf.error());
    watch->attach(conf->get());
    rd_kafka_conf_set_dr_msg_cb(conf->get(), &Impl::delivered);
    auto made = make_client(RD_KAFKA_PRODUCER, *std::move(conf));
    if (!made) return std::unexpected(made.error());
    client = *std::move(made);
    auto taken =
        repeat("taking the transactional id", [&] { return rd_kafka_init_transactions(client.get(), kCallMs); });
    if (taken) ask_for_leaders();
    return taken;
  }

  // What goes wrong here goes wrong again where it matters.
  void ask_for_leaders() {
    known.clear();
    for (const std::string& topic : options.topics) {
      known.emplace_back(rd_kafka_topic_new(client.get(), topic.c_str(), nullptr));
      const rd_kafka_metadata_t* metadata = nullptr;
      if (rd_kafka_metadata(client.get(), 0, known.back().get(), &metadata, kCallMs) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_metadata_destroy(metadata);
      }
    }
  }

  // By whichever thread polls, so by the one that commits.
  static void delivered(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* /*opaque*/) {
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    auto* const impl = static_cast<Impl*>(message->_private);
    if (impl->undelivered++ == 0) impl->undelivered_why = rd_kafka_err2str(message->err);
  }

  Done enqueue(const OutgoingRecord& record) {
    for (;;) {
      const auto code = produce(client.get(), record, 0, this);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
      if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        Error error = make_error(code, what(fmt::format("producing to {}", record.topic)));
        // A transaction that failed meanwhile says so here too: __STATE, __INCONSISTENT.
        if (code == RD_KAFKA_RESP_ERR__STATE) error.kind = Error::Kind::abortable;
        return std::unexpected(std::move(error));
      }
      rd_kafka_poll(client.get(), kPollMs);
      if (!options.go_on()) return std::unexpected(make_error(code, what("producing")));
    }
  }

  Done send(std::span<const OutgoingRecord> records, std::span<const PartitionOffset> consumed,
            const GroupMembership& member) {
    undelivered = 0;
    if (NativeError error(rd_kafka_begin_transaction(client.get())); error != nullptr) {
      return failed(std::move(error), what("beginning a transaction"));
    }
    for (const OutgoingRecord& record : records) {
      if (auto done = enqueue(record); !done) return done;
    }
    if (!consumed.empty()) {
      const NativePartitions offsets(rd_kafka_topic_partition_list_new(static_cast<int>(consumed.size())));
      for (const PartitionOffset& at : consumed) {
        rd_kafka_topic_partition_list_add(offsets.get(), at.topic.c_str(), at.partition)->offset = at.offset;
      }
      auto done = repeat("adding the offsets", [&] {
        return rd_kafka_send_offsets_to_transaction(client.get(), offsets.get(), member.get(), kCallMs);
      });
      if (!done) return done;
    }
    options.on_stage("produced");
    auto done = repeat("committing", [&] { return rd_kafka_commit_transaction(client.get(), kCallMs); });
    if (done) options.on_stage("committed");
    return done;
  }

  Done abort() {
    return repeat("aborting", [&] { return rd_kafka_abort_transaction(client.get(), kCallMs); });
  }
};

TransactionalProducer::TransactionalProducer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TransactionalProducer::~TransactionalProducer() = default;

std::expected<std::unique_ptr<TransactionalProducer>, Error> TransactionalProducer::open(Options options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  if (auto done = impl->open(); !done) return std::unexpected(done.error());
  return std::unique_ptr<TransactionalProducer>(new TransactionalProducer(std::move(impl)));
}

std::expected<TransactionalProducer::Committed, Error> TransactionalProducer::commit(
    std::span<const OutgoingRecord> records, std::span<const PartitionOffset> consumed, const GroupMembership& member) {
  Committed committed;
  for (;;) {
    const Done sent = impl_->send(records, consumed, member);
    if (!sent && sent.error().kind != Error::Kind::abortable) return std::unexpected(sent.error());
    if (!sent) {
      ++committed.aborts;
      const Done aborted = impl_->abort();
      if (!aborted) return std::unexpected(aborted.error());
    }
    if (!impl_->watch->all_answered()) {
      committed.epoch_taken = true;
      if (auto done = impl_->open(); !done) return std::unexpected(done.error());
    }
    if (sent) return committed;
    if (!impl_->options.go_on()) return std::unexpected(sent.error());
  }
}

}  // namespace triaged::kafka

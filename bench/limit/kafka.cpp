// bench_limit_kafka BROKERS IN OUT: the yardstick from partition 0 of one topic to another, exactly once: a transaction
// with the records and the offset every 100 ms, until the end of the partition. It persists no state, so it could not
// be started again. The clock runs from its first alert to its last commit.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include "bench/kafka/client.hpp"
#include "bench/limit/job.hpp"
#include "bench/measure.hpp"

namespace {

namespace kafka = bench::kafka;

constexpr double kCommitEvery = 0.1;  // seconds

class Transactions {
 public:
  Transactions(const std::string& brokers, const std::string& group, rd_kafka_t* consumer, std::string in)
      : consumer_(consumer),
        producer_(kafka::make_client(RD_KAFKA_PRODUCER, kafka::make_conf({{"bootstrap.servers", brokers},
                                                                          {"linger.ms", "20"},
                                                                          {"compression.codec", "lz4"},
                                                                          {"transactional.id", group}}))),
        in_(std::move(in)) {
    kafka::check(rd_kafka_init_transactions(producer_, kafka::kPatience));
    kafka::check(rd_kafka_begin_transaction(producer_));
  }

  [[nodiscard]] rd_kafka_t* producer() const { return producer_; }
  [[nodiscard]] int commits() const { return commits_; }

  void commit(std::int64_t next) {
    rd_kafka_topic_partition_list_t* const offsets = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(offsets, in_.c_str(), 0)->offset = next;
    rd_kafka_consumer_group_metadata_t* const member = rd_kafka_consumer_group_metadata(consumer_);
    kafka::check(rd_kafka_send_offsets_to_transaction(producer_, offsets, member, kafka::kPatience));
    rd_kafka_consumer_group_metadata_destroy(member);
    rd_kafka_topic_partition_list_destroy(offsets);
    kafka::check(rd_kafka_commit_transaction(producer_, kafka::kPatience));
    kafka::check(rd_kafka_begin_transaction(producer_));
    ++commits_;
  }

 private:
  rd_kafka_t* consumer_;
  rd_kafka_t* producer_;
  std::string in_;
  int commits_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) kafka::fail("usage: bench_limit_kafka BROKERS IN OUT");
  const std::string in = argv[2];
  const std::string out = argv[3];
  const std::string group = "limit-" + out;
  // With a shallow queue librdkafka 2.0.2 stops fetching for a second whenever it is full.
  rd_kafka_t* const consumer =
      kafka::make_client(RD_KAFKA_CONSUMER, kafka::make_conf({{"bootstrap.servers", argv[1]},
                                                              {"group.id", group},
                                                              {"enable.auto.commit", "false"},
                                                              {"enable.partition.eof", "true"},
                                                              {"queued.max.messages.kbytes", "1048576"},
                                                              {"queued.min.messages", "5000000"},
                                                              {"fetch.message.max.bytes", "8388608"}}));
  Transactions transactions(argv[1], group, consumer, in);
  rd_kafka_topic_t* const topic = kafka::open_topic(transactions.producer(), out);
  limit::Job job([&](std::string_view record) { kafka::produce(transactions.producer(), topic, {}, record); });
  kafka::read_all(consumer, in);
  rd_kafka_queue_t* const queue = rd_kafka_queue_get_consumer(consumer);
  std::vector<rd_kafka_message_t*> messages(10'000);
  std::vector<char> padded(1U << 16U);
  std::optional<bench::Stopwatch> watch;
  double committed = 0;
  std::int64_t next = 0;
  for (bool ended = false; !ended;) {
    const auto got = rd_kafka_consume_batch_queue(queue, 20, messages.data(), messages.size());
    if (got > 0 && !watch) watch.emplace();
    for (std::size_t i = 0; i < static_cast<std::size_t>(std::max<ssize_t>(got, 0)); ++i) {
      rd_kafka_message_t* const message = messages[i];
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        ended = true;
      } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        padded.resize(std::max(padded.size(), message->len + simdjson::SIMDJSON_PADDING));
        std::memcpy(padded.data(), message->payload, message->len);
        job.feed({padded.data(), message->len});
        next = message->offset + 1;
      } else {
        kafka::fail(rd_kafka_message_errstr(message));
      }
      rd_kafka_message_destroy(message);
    }
    rd_kafka_poll(transactions.producer(), 0);
    if (watch && (ended || watch->wall() - committed > kCommitEvery)) {
      transactions.commit(next);
      committed = watch->wall();
    }
  }
  const limit::Counts& counts = job.counts();
  const auto alerts = static_cast<double>(counts.alerts);
  std::printf(
      "RESULT alerts=%lu opens=%lu updates=%lu resolves=%lu wall=%.3f rate=%.0f cpu_per_m=%.2f peak_mib=%ld "
      "commits=%d\n",
      counts.alerts, counts.opens, counts.updates, counts.resolves, committed, alerts / committed,
      watch->cpu() / alerts * 1e6, bench::peak_mib(), transactions.commits());
  std::fflush(stdout);
  _exit(0);  // nothing to leave in good order
}

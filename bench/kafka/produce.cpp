// bench_produce BROKERS TOPIC ALERTS.ndjson [COUNT]: loads the file, or so many of its alerts, into a topic in lz4,
// each keyed by its labels.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>

#include "bench/kafka/client.hpp"
#include "bench/measure.hpp"

int main(int argc, char** argv) {
  namespace kafka = bench::kafka;
  if (argc < 4) kafka::fail("usage: bench_produce BROKERS TOPIC ALERTS.ndjson [COUNT]");
  const std::uint64_t limit = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : UINT64_MAX;
  std::ifstream file(argv[3]);
  if (!file) kafka::fail("bench_produce: can't open the file");
  rd_kafka_t* const producer =
      kafka::make_client(RD_KAFKA_PRODUCER, kafka::make_conf({{"bootstrap.servers", argv[1]},
                                                              {"linger.ms", "20"},
                                                              {"batch.num.messages", "10000"},
                                                              {"compression.codec", "lz4"},
                                                              {"enable.idempotence", "true"}}));
  rd_kafka_topic_t* const topic = kafka::open_topic(producer, argv[2]);
  const bench::WallStopwatch watch;
  std::uint64_t count = 0;
  for (std::string line; count < limit && std::getline(file, line); ++count) {
    const auto labels = line.find('{', 1);
    const auto text = std::string_view(line).substr(labels, line.find('}', labels) - labels);
    const std::uint64_t key = std::hash<std::string_view>{}(text);
    kafka::produce(producer, topic, {reinterpret_cast<const char*>(&key), sizeof key}, line);
    if (count % 1000 == 0) rd_kafka_poll(producer, 0);
  }
  if (rd_kafka_flush(producer, kafka::kPatience) != RD_KAFKA_RESP_ERR_NO_ERROR) kafka::fail("bench_produce: flush");
  std::printf("RESULT alerts=%lu wall=%.3f\n", count, watch.wall());
}

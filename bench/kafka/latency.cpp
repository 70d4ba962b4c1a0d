// bench_latency BROKERS IN OUT ALERTS.ndjson RATE SECONDS: appends alerts of the file at a fixed rate, whatever becomes
// of them, every hundredth in its place a probe: an alert of a service of its own, which opens an incident. Beside that
// it reads the incidents with read_committed. The RESULT line has the time from when the broker appended a probe (IN
// has message.timestamp.type=LogAppendTime) until its incident was read, and, as `due`, from when it was to be sent by
// the rate. The first two seconds are not counted.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/kafka/client.hpp"
#include "bench/measure.hpp"

namespace {

namespace kafka = bench::kafka;
using Clock = std::chrono::system_clock;  // the broker's, on the same machine

constexpr std::size_t kProbeEvery = 100;
constexpr double kWarmUp = 2;  // seconds
constexpr double kQuiet = 30;  // seconds without an incident, and no more are waited for
constexpr std::string_view kService = "\"probe-";

struct Probe {
  double due = 0;       // seconds, of the clock
  double appended = 0;  // by the broker
  double read = 0;      // 0: not yet
};

double now() { return std::chrono::duration<double>(Clock::now().time_since_epoch()).count(); }

std::vector<std::string> read_lines(const char* path, std::size_t count) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; lines.size() < count && std::getline(file, line);) lines.push_back(line);
  if (lines.empty()) kafka::fail("bench_latency: nothing to append");
  return lines;
}

std::string make_probe(std::size_t number) {
  return R"({"labels":{"alertname":"Probe","service":"probe-)" + std::to_string(number) +
         R"(","severity":"major","region":"eu-1"},"annotations":{},"startsAt":"2026-03-02T00:00:00Z",)"
         R"("endsAt":"0001-01-01T00:00:00Z"})";
}

void take_report(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* /*opaque*/) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) kafka::fail(rd_kafka_err2str(message->err));
  auto* const probe = static_cast<Probe*>(message->_private);
  if (probe == nullptr) return;
  rd_kafka_timestamp_type_t type{};
  const auto stamp = static_cast<double>(rd_kafka_message_timestamp(message, &type));
  if (type != RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME)
    kafka::fail("bench_latency: the broker does not stamp what it appends");
  probe->appended = stamp / 1e3;
}

/// The open loop: what is late is sent as soon as can be, and counts from when it was due.
void append(rd_kafka_t* producer, rd_kafka_topic_t* topic, const std::vector<std::string>& lines, double rate,
            std::vector<Probe>& probes) {
  const double began = now();
  const std::size_t count = probes.size() * kProbeEvery;
  for (std::size_t sent = 0; sent < count;) {
    for (; sent < count; ++sent) {
      const double due = began + static_cast<double>(sent) / rate;
      if (due > now()) break;
      if (sent % kProbeEvery != 0) {
        kafka::produce(producer, topic, {}, lines[sent % lines.size()]);
        continue;
      }
      Probe& probe = probes[sent / kProbeEvery];
      probe.due = due;
      kafka::produce(producer, topic, {}, make_probe(sent / kProbeEvery), &probe);
    }
    rd_kafka_poll(producer, 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  rd_kafka_flush(producer, kafka::kPatience);
}

/// Ends when it has an incident of each probe, or waited long for one.
std::size_t read_incidents(rd_kafka_t* consumer, std::vector<Probe>& probes) {
  std::size_t found = 0;
  double last = now();
  while (found < probes.size() && now() - last < kQuiet) {
    rd_kafka_message_t* const message = rd_kafka_consumer_poll(consumer, 100);
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const std::string_view text(static_cast<const char*>(message->payload), message->len);
      const auto at = text.find(kService);
      const std::size_t number =
          at == std::string_view::npos
              ? probes.size()
              : std::strtoull(std::string(text.substr(at + kService.size(), 12)).c_str(), nullptr, 10);
      if (number < probes.size() && probes[number].read == 0) {
        probes[number].read = last = now();
        ++found;
      }
    }
    rd_kafka_message_destroy(message);
  }
  return found;
}

double quantile(const std::vector<double>& sorted, double part) {
  return sorted.empty() ? 0 : 1e3 * sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7) kafka::fail("usage: bench_latency BROKERS IN OUT ALERTS.ndjson RATE SECONDS");
  const double rate = std::strtod(argv[5], nullptr);
  const double length = std::strtod(argv[6], nullptr);
  std::vector<Probe> probes(static_cast<std::size_t>(rate * length) / kProbeEvery);
  const std::vector<std::string> lines = read_lines(argv[4], probes.size() * kProbeEvery);
  rd_kafka_conf_t* const conf =
      kafka::make_conf({{"bootstrap.servers", argv[1]}, {"compression.codec", "lz4"}, {"enable.idempotence", "true"}});
  rd_kafka_conf_set_dr_msg_cb(conf, take_report);
  rd_kafka_t* const producer = kafka::make_client(RD_KAFKA_PRODUCER, conf);
  rd_kafka_t* const consumer =
      kafka::make_client(RD_KAFKA_CONSUMER, kafka::make_conf({{"bootstrap.servers", argv[1]},
                                                              {"group.id", "latency"},
                                                              {"enable.auto.commit", "false"},
                                                              {"isolation.level", "read_committed"},
                                                              {"fetch.wait.max.ms", "50"}}));
  kafka::read_all(consumer, argv[3]);
  const bench::Stopwatch watch;
  std::size_t found = 0;
  {
    const std::jthread reader([&] { found = read_incidents(consumer, probes); });
    append(producer, kafka::open_topic(producer, argv[2]), lines, rate, probes);
  }
  std::vector<double> from_append;
  std::vector<double> from_due;
  for (const Probe& probe : probes) {
    if (probe.read == 0 || probe.due < probes.front().due + kWarmUp) continue;
    from_append.push_back(probe.read - probe.appended);
    from_due.push_back(probe.read - probe.due);
  }
  std::ranges::sort(from_append);
  std::ranges::sort(from_due);
  std::printf(
      "RESULT probes=%zu missing=%zu rate=%.0f p50_ms=%.1f p99_ms=%.1f max_ms=%.1f due_p50_ms=%.1f due_p99_ms=%.1f "
      "client_cpu=%.2f\n",
      probes.size(), probes.size() - found, rate, quantile(from_append, 0.5), quantile(from_append, 0.99),
      quantile(from_append, 1), quantile(from_due, 0.5), quantile(from_due, 0.99), watch.cpu());
  std::fflush(stdout);
  std::_Exit(0);
}

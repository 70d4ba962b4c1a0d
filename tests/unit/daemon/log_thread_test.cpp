#include "daemon/pipeline/log_thread.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <iterator>
#include <mutex>
#include <set>
#include <thread>

#include <catch2/catch.hpp>

#include "connectors/log/memory/memory_log.hpp"

namespace triaged::pipeline {
namespace {

constexpr Time kStart{Duration{1'700'000'000'000}};

log::Delivery delivery(const std::string& payload, const std::string& source = "s") {
  return {
      .kind = log::RecordKind::alerts, .source = source, .payload = payload, .log_time = {}, .skips = 0, .resume = {}};
}

/// A log thread over a log in memory, and what it told.
struct Bench {
  log::MemoryLog log;
  std::mutex mutex;
  std::vector<Durable> durable;
  std::vector<std::uint64_t> committed;
  std::promise<void> failed;
  std::promise<void> recovered;
  std::atomic<int> given_up = 0;

  LogThread::Options options(std::uint64_t most = 1'000'000) {
    return {
        .most_waiting_bytes = most,
        .now = [] { return kStart; },
        .on_durable =
            [this](std::vector<Durable> records) {
              const std::lock_guard lock(mutex);
              std::ranges::move(records, std::back_inserter(durable));
            },
        .on_committed =
            [this](const std::shared_ptr<const log::Batch>& batch) {
              const std::lock_guard lock(mutex);
              committed.push_back(batch->cut.number);
            },
        .on_health = [this](const std::optional<log::LogError>& error) { (error ? failed : recovered).set_value(); },
        .on_given_up = [this] { ++given_up; }};
  }
};

std::shared_ptr<const log::Batch> batch(std::uint64_t number) {
  log::Batch made;
  made.cut.number = number;
  return std::make_shared<const log::Batch>(std::move(made));
}

TEST_CASE("what is answered with a position is in the log, once") {
  Bench bench;
  std::atomic<int> answered = 0;
  {
    LogThread thread(bench.log, bench.options());
    std::vector<std::thread> clients;
    for (int client = 0; client < 4; ++client) {
      clients.emplace_back([&, client] {
        for (int i = 0; i < 50; ++i) {
          thread.submit(delivery(std::to_string(client * 100 + i)), nullptr, [&](Written written) {
            if (written.position != 0) ++answered;
          });
        }
      });
    }
    for (std::thread& client : clients) client.join();
    thread.drain();
  }
  CHECK(answered == 200);
  std::set<std::string> payloads;
  const auto records = bench.log.records(0, 1'000'000).value();
  for (const log::Record& record : records) payloads.insert(record.payload);
  CHECK(payloads.size() == 200);
  REQUIRE(bench.durable.size() == 200);
  for (std::size_t i = 0; i < 200; ++i) CHECK(bench.durable[i].record.position == i + 1);
}

TEST_CASE("a full disk refuses, and keeps the batch until there is room") {
  Bench bench;
  LogThread thread(bench.log, bench.options());
  bench.log.fail_next({log::LogError::Kind::full, "no room"});
  std::promise<Written> told;
  thread.submit(delivery("x"), nullptr, [&](Written written) { told.set_value(std::move(written)); });
  const Written written = told.get_future().get();
  CHECK(written.position == 0);
  CHECK(written.refusal == "the log can't be written: no room");
  bench.failed.get_future().wait();
  thread.commit(batch(1));
  bench.recovered.get_future().wait();
  thread.drain();
  thread.stop();
  CHECK(bench.committed == std::vector<std::uint64_t>{1});
  CHECK(bench.log.records(0, 1000)->empty());
}

TEST_CASE("too much that waits is refused, and room comes when the shard has taken some") {
  Bench bench;
  LogThread thread(bench.log, bench.options(10));
  const auto post = [&](const std::string& payload) {
    std::promise<Written> told;
    thread.submit(delivery(payload), nullptr, [&](Written written) { told.set_value(std::move(written)); });
    return told.get_future().get();
  };
  CHECK(post("12345678").position == 1);
  CHECK(post("12345678").refusal == "too much is waiting to be correlated");
  std::thread source([&] { CHECK(thread.submit_or_wait(delivery("abcdefgh"), nullptr)); });
  thread.taken(8);
  source.join();
  thread.drain();
  CHECK(bench.log.records(0, 1000)->size() == 2);
  CHECK(post("late").refusal == "the daemon is stopping");
}

TEST_CASE("a source that floods leaves room for the others") {
  Bench bench;
  LogThread thread(bench.log, bench.options(100));
  std::atomic<int> written = 0;
  std::thread file([&] {
    while (thread.submit_or_wait(delivery("0123456789", "file"), nullptr)) ++written;
  });
  const auto post = [&](const std::string& source) {
    std::promise<Written> told;
    thread.submit(delivery("01234567", source), nullptr, [&](Written done) { told.set_value(std::move(done)); });
    return told.get_future().get().position != 0;
  };
  while (written < 5) std::this_thread::yield();
  // What is left free is shared in the same way; nobody is shut out.
  int accepted = 0;
  for (const std::string source : {"a", "b", "c"}) {
    const int before = accepted;
    while (post(source)) ++accepted;
    CHECK(accepted > before);
  }
  CHECK(written == 5);
  thread.taken(50 + 8 * static_cast<std::uint64_t>(accepted));
  while (written < 6) std::this_thread::yield();
  thread.drain();
  file.join();
}

TEST_CASE("who waits while the daemon stops is let go") {
  Bench bench;
  LogThread thread(bench.log, bench.options(1));
  CHECK(thread.submit_or_wait(delivery("first goes in, however large"), nullptr));
  bool accepted = true;
  std::thread source([&] { accepted = thread.submit_or_wait(delivery("second"), nullptr); });
  thread.drain();
  source.join();
  CHECK_FALSE(accepted);
}

TEST_CASE("a batch that can't be written when the daemon stops is given up") {
  class Full final : public log::LogWriter {
   public:
    std::expected<log::Position, log::LogError> write(std::span<const log::Delivery>, const log::Batch*) override {
      return std::unexpected(log::LogError{log::LogError::Kind::full, "no room"});
    }
  } full;
  Bench bench;
  LogThread thread(full, bench.options());
  thread.commit(batch(1));
  bench.failed.get_future().wait();
  thread.drain();
  thread.stop();
  CHECK(bench.given_up == 1);
  CHECK(bench.committed.empty());
}

TEST_CASE("tasks run between commits") {
  Bench bench;
  LogThread thread(bench.log, bench.options());
  std::promise<std::thread::id> where;
  thread.between([&] { where.set_value(std::this_thread::get_id()); });
  CHECK(where.get_future().get() != std::this_thread::get_id());
}

}  // namespace
}  // namespace triaged::pipeline

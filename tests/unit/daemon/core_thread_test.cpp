#include "daemon/pipeline/core_thread.hpp"

#include <atomic>
#include <future>
#include <optional>

#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "connectors/log/memory/memory_log.hpp"
#include "daemon/pipeline/log_thread.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace triaged::pipeline {
namespace {

constexpr Time kStart{Duration{1'750'000'000'000}};

/// Log, log thread and core thread as the daemon has them, over a log in memory.
struct Daemon {
  explicit Daemon(log::MemoryLog& memory, bool unclean = false)
      : log(memory), store(folder.path()), snapshots(store), log_thread(log, log_options()) {
    auto recovered = recover(log, &store, {});
    REQUIRE(recovered);
    auto waiting = log.records(recovered->shard.through(), 1'000'000);
    const Care care = unclean ? care_after(*recovered, waiting->size()) : Care{};
    Core shard(*std::move(recovered), care);
    for (log::Record& record : *waiting) shard.add(Durable(std::move(record)));
    core.emplace(std::move(shard), snapshots, core_options());
    core->start();
  }
  ~Daemon() { stop(); }

  bool stop() {
    if (!core) return finished;
    log_thread.drain();
    finished = core->stop();
    log_thread.stop();
    core.reset();
    return finished;
  }

  LogThread::Options log_options() {
    return {.waiting_bytes = 1'000'000,
            .now = [this] { return now.load(); },
            .on_durable = [this](std::vector<Durable> records) { core->take(std::move(records)); },
            .on_committed = [this](const std::shared_ptr<const log::Batch>&) { core->committed(); },
            .on_health = [](const std::optional<log::LogError>&) {},
            .on_given_up = [this] { core->give_up(); }};
  }
  CoreThread::Options core_options() {
    return {.moment = [this] { return Core::Moment{.now = now.load()}; },
            .snapshots = {},
            .commit = [this](std::shared_ptr<const log::Batch> batch, Time) { log_thread.commit(std::move(batch)); },
            .on_taken = [this](std::uint64_t bytes) { log_thread.taken(bytes); },
            .on_view = [](const ShardView&) {},
            .on_halt =
                [this](const std::optional<Core::Halt>& halt) {
                  if (halt) halted.set_value(halt->why);
                },
            .on_snapshot = [this](const SnapshotResult& result) { snapshot = result; }};
  }

  test::TemporaryFolder folder;
  log::MemoryLog& log;
  log::SnapshotStore store;
  SnapshotWriter snapshots;
  std::atomic<Time> now = kStart;
  std::promise<std::string> halted;
  SnapshotResult snapshot;
  bool finished = false;
  LogThread log_thread;
  std::optional<CoreThread> core;
};

log::Delivery first_bundle() {
  const auto loaded =
      config::load_texts({{"rules.yaml", "correlate:\n  - name: same-service\n    by: {labels: [service]}\n"}});
  return {.kind = log::RecordKind::bundle,
          .source = {},
          .payload = loaded.recorded,
          .log_time = kStart,
          .skips = 0,
          .resume = {}};
}

log::Delivery alert(int number) {
  return {.kind = log::RecordKind::alerts,
          .source = "replay",
          .payload = R"([{"labels":{"alertname":"A","service":"s)" + std::to_string(number) + R"("}}])",
          .log_time = kStart,
          .skips = 0,
          .resume = {}};
}

TEST_CASE("everything that was taken is in a cut when the core stops, and a snapshot is there") {
  log::MemoryLog log;
  const log::Delivery bundle = first_bundle();
  REQUIRE(log.write({&bundle, 1}, nullptr));
  Daemon daemon(log);
  for (int i = 0; i < 100; ++i) {
    REQUIRE(daemon.log_thread.submit_or_wait(alert(i), nullptr));
    if (i % 10 == 0) daemon.now = daemon.now.load() + Duration{60};
  }
  CHECK(daemon.stop());
  CHECK(log.last_cut().value()->through == 101);
  CHECK(daemon.snapshot.error.empty());
  CHECK(daemon.snapshot.through == 101);
  CHECK(daemon.snapshot.bytes == test::read_file(daemon.store.path(0)).size());
  const auto again = recover(log, &daemon.store, {});
  REQUIRE(again);
  CHECK(again->records == 0);
  CHECK(again->shard.through() == 101);
}

TEST_CASE("after an unclean end records are announced, then taken alone") {
  log::MemoryLog log;
  const std::vector<log::Delivery> deliveries{first_bundle(), alert(1), alert(2)};
  REQUIRE(log.write(deliveries, nullptr));
  Daemon daemon(log, true);
  CHECK(daemon.stop());
  std::vector<std::uint64_t> attempts;
  const auto cuts = log.cuts(0, 100).value();
  for (const log::Cut& cut : cuts) attempts.push_back(cut.attempt);
  CHECK(attempts == std::vector<std::uint64_t>{1, 0, 1, 0, 1, 0});
}

TEST_CASE("a record that was tried three times stops the shard, until a skip record leaves it out") {
  log::MemoryLog log;
  const std::vector<log::Delivery> deliveries{first_bundle(), alert(1), alert(2)};
  REQUIRE(log.write(deliveries, nullptr));
  Shard shard(0);
  const auto records = log.records(0, 1'000'000).value();
  REQUIRE(shard.take(records[0]));
  const log::Batch first = shard.close(kStart);
  REQUIRE(log.write({}, &first));
  for (int i = 0; i < 3; ++i) {
    const log::Batch attempt = shard.attempt();
    REQUIRE(log.write({}, &attempt));
  }
  Daemon daemon(log, true);
  CHECK(daemon.halted.get_future().get().find("position 2") != std::string::npos);
  CHECK(daemon.core->halted_at() == 2);
  log::Delivery skip{.kind = log::RecordKind::skip,
                     .source = {},
                     .payload = R"({"key":"k","actor":"anna","command":"skip","position":2,"reason":"crashes"})",
                     .log_time = kStart,
                     .skips = 2,
                     .resume = {}};
  REQUIRE(daemon.log_thread.submit_or_wait(std::move(skip), nullptr));
  CHECK(daemon.stop());
  CHECK(log.last_cut().value()->through == 4);
  std::string rejected;
  std::string audit;
  for (std::uint64_t cut = 1; cut <= log.last_cut().value()->number; ++cut) {
    const auto outputs = log.outputs(cut).value();
    for (const log::Output& output : outputs) {
      if (output.topic == log::Topic::rejected) rejected += output.value;
      if (output.topic == log::Topic::audit) audit += output.value;
    }
  }
  CHECK(rejected.find(R"("position":2)") != std::string::npos);
  CHECK(audit.find("crashes") != std::string::npos);
  // Who recovers leaves it out as well.
  CHECK(recover(log, nullptr, {}).has_value());
}

}  // namespace
}  // namespace triaged::pipeline

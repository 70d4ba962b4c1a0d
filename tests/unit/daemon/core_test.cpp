#include "daemon/pipeline/shard/core.hpp"

#include <algorithm>
#include <iterator>

#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "connectors/log/memory/memory_log.hpp"

namespace triaged::pipeline {
namespace {

constexpr Time kStart{Duration{1'700'000'000'000}};
constexpr std::size_t kAllBytes = std::size_t{1} << 30U;

log::Delivery delivery(log::RecordKind kind, std::string payload, log::Position skips = 0) {
  return {.kind = kind,
          .source = "replay",
          .payload = std::move(payload),
          .log_time = kStart,
          .skips = skips,
          .resume = {}};
}

log::Delivery bundle() {
  const auto loaded =
      config::load_texts({{"rules.yaml", "correlate:\n  - name: same-service\n    by: {labels: [service]}\n"}});
  return delivery(log::RecordKind::bundle, loaded.recorded);
}

log::Delivery alert() { return delivery(log::RecordKind::alerts, R"([{"labels":{"alertname":"A","service":"web"}}])"); }

/// As a daemon that starts finds it, after a crash or not.
Core start(log::MemoryLog& log, bool unclean = true) {
  auto recovered = recover(log, nullptr, {});
  REQUIRE(recovered);
  auto waiting = log.records(recovered->shard.through(), kAllBytes);
  REQUIRE(waiting);
  return {*std::move(recovered), *std::move(waiting), unclean};
}

/// Steps until there is nothing to do, and commits what comes.
void run(Core& core, log::MemoryLog& log, Time now) {
  for (;;) {
    const Core::Step step = core.step(now, {}, true);
    if (step.commit == nullptr && (core.finished() || core.halt())) return;
    if (step.commit == nullptr) continue;
    REQUIRE(log.write({}, step.commit.get()));
    core.committed();
  }
}

TEST_CASE("a record that was to be left out before the daemon died again is left out") {
  log::MemoryLog log;
  for (const log::Delivery& one : {bundle(), alert()}) REQUIRE(log.write({&one, 1}, nullptr));
  for (int death = 0; death < 3; ++death) {
    Core core = start(log);
    for (;;) {  // up to the announcement of the record that it dies of
      const Core::Step step = core.step(kStart, {}, false);
      REQUIRE(step.commit != nullptr);
      REQUIRE(log.write({}, step.commit.get()));
      core.committed();
      if (step.commit->cut.attempt != 0 && step.commit->cut.through == 1) break;
    }
  }
  {
    Core core = start(log);
    run(core, log, kStart);
    REQUIRE(core.halt());
    CHECK(core.halt()->position == 2);
  }
  const log::Delivery skip =
      delivery(log::RecordKind::skip, R"({"command":"skip","position":2,"reason":"it kills"})", 2);
  REQUIRE(log.write({&skip, 1}, nullptr));
  Core core = start(log);
  run(core, log, kStart);
  CHECK_FALSE(core.halt());
  CHECK(core.shard().through() == 3);
  CHECK(recover(log, nullptr, {}).has_value());
}

TEST_CASE("what waited through a stop is taken at its own time, whether the end was clean or not") {
  const auto documents = [](bool unclean) {
    log::MemoryLog log;
    std::vector<log::Delivery> deliveries{bundle(), alert(), alert(), alert()};
    for (std::size_t i = 0; i < deliveries.size(); ++i) {
      // An alert without an end lives for five minutes: each comes in time to keep it.
      deliveries[i].log_time = kStart + std::chrono::minutes(4) * static_cast<int>(i);
      REQUIRE(log.write({&deliveries[i], 1}, nullptr));
    }
    Core core = start(log, unclean);
    run(core, log, kStart + std::chrono::hours(1));
    std::vector<log::Output> all;
    const auto cuts = log.cuts(0, 100);
    REQUIRE(cuts);
    for (const log::Cut& cut : *cuts) std::ranges::copy(*log.outputs(cut.number), std::back_inserter(all));
    return all;
  };
  const auto clean = documents(false);
  CHECK(clean.size() == 4);  // of the incident and of the alert: opened, resolved
  CHECK(documents(true) == clean);
}

TEST_CASE("an attempt is the same cut for a shard that ran the log and for one that a snapshot gave") {
  // The cut before it says that the wall clock was astray; a snapshot does not keep that.
  log::MemoryLog log;
  const log::Delivery first = bundle();
  REQUIRE(log.write({&first, 1}, nullptr));
  Shard ran(0);
  REQUIRE(ran.take(log.records(0, kAllBytes)->front()));
  ran.close(kStart, kStart + std::chrono::hours(1));
  std::string state;
  ran.write_state([&](std::string_view piece) { state += piece; });
  auto restored = Shard::restore(0, ran.manifest(), ran.last(), state);
  REQUIRE(restored);
  CHECK(ran.attempt().cut == restored->attempt().cut);
}

}  // namespace
}  // namespace triaged::pipeline

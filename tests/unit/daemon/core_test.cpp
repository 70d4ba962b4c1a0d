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
  const Care care = unclean ? care_after(*recovered, waiting->size()) : Care{};
  Core core(*std::move(recovered), care);
  for (log::Record& record : *waiting) core.add(Durable(std::move(record)));
  return core;
}

/// Steps until there is nothing to do, and commits what comes.
void run(Core& core, log::MemoryLog& log, Time now) {
  for (;;) {
    const Core::Step step = core.step({.now = now}, true);
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
      const Core::Step step = core.step({.now = kStart}, false);
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

/// A daemon that dies of the record with the poison, as one that has just taken the shard over: the sizes of the
/// attempts that it leaves, until nothing is tried any more.
std::vector<std::uint64_t> attempts_until_halted(std::size_t records, std::size_t poison) {
  log::MemoryLog log;
  const log::Delivery first = bundle();
  REQUIRE(log.write({&first, 1}, nullptr));
  for (std::size_t i = 1; i < records; ++i) {
    const log::Delivery one = alert();
    REQUIRE(log.write({&one, 1}, nullptr));
  }
  for (int death = 0; death < 10; ++death) {
    auto recovered = recover(log, nullptr, {});
    REQUIRE(recovered);
    const Care care = care_after(*recovered);
    const log::Position through = recovered->shard.through();
    Core core(*std::move(recovered), care);
    auto waiting = log.records(through, kAllBytes).value();
    for (log::Record& record : waiting) core.add(Durable(std::move(record)));
    for (;;) {
      const Core::Step step = core.step({.now = kStart}, true);
      if (step.commit == nullptr && core.halt()) {
        CHECK(core.halt()->position == poison);
        std::vector<std::uint64_t> attempts;
        const auto cuts = log.cuts(0, 10'000).value();
        for (const log::Cut& cut : cuts) {
          if (cut.attempt != 0) attempts.push_back(cut.attempt);
        }
        return attempts;
      }
      if (step.commit->cut.through >= poison) break;  // it has been applied: this is as far as the process gets
      REQUIRE(log.write({}, step.commit.get()));
      core.committed();
    }
  }
  FAIL("it goes on for ever");
  return {};
}

TEST_CASE("where nobody knows what the last owner took, the record to blame is found in ever smaller groups") {
  CHECK(attempts_until_halted(3, 2) == std::vector<std::uint64_t>{65'536, 256, 1, 1, 1, 1});
  // The first of the ones is committed behind its attempt: it is the record before.
  CHECK(attempts_until_halted(600, 258) == std::vector<std::uint64_t>{65'536, 256, 256, 1, 1, 1, 1});
}

TEST_CASE("a record that is older than a timer that told nothing is taken at the same time by who runs the log again") {
  const bool careful = GENERATE(false, true);
  CAPTURE(careful);
  log::MemoryLog log;
  const auto write = [&](log::Delivery one, Duration after) {
    one.log_time = kStart + after;
    REQUIRE(log.write({&one, 1}, nullptr));
  };
  using std::chrono::minutes;
  write(bundle(), minutes(0));
  write(alert(), minutes(0));
  write(alert(), minutes(4));  // the timer of the first fires after five minutes, and finds that it goes on
  Core before = start(log, false);
  run(before, log, kStart + minutes(4));

  auto recovered = recover(log, nullptr, {});
  REQUIRE(recovered);
  const log::Position through = recovered->shard.through();
  const Care care = careful ? care_after(*recovered) : Care{};
  Core core(*std::move(recovered), care);
  const Time now = kStart + minutes(6);
  CHECK(core.step({.now = now}, false).commit == nullptr);
  CHECK(core.shard().clock() > kStart + minutes(4));
  // Whoever sent it was cut off for a while.
  write(delivery(log::RecordKind::alerts, R"([{"labels":{"alertname":"B","service":"web"}}])"), minutes(4));
  core.add(Durable(log.records(through, kAllBytes)->front()));
  run(core, log, now);
  const auto again = recover(log, nullptr, {});
  INFO((again ? "" : again.error().message));
  CHECK(again);
}

TEST_CASE("a log time beyond the ceiling counts as the ceiling, and the cut says so") {
  log::MemoryLog log;
  Core core(Recovered(Shard(0)), {});
  const Time ceiling = kStart + std::chrono::minutes(1);
  log::Position position = 0;
  for (log::Delivery one : {bundle(), alert()}) {
    one.log_time = kStart + std::chrono::hours(24 * 365);
    core.add(Durable({++position, one.log_time, one.kind, one.source, one.payload, 0}));
  }
  const Core::Step step = core.step({.now = kStart, .ceiling = ceiling}, true);
  REQUIRE(step.commit != nullptr);
  CHECK(step.commit->cut.ceiling == ceiling);
  CHECK(core.shard().clock() == ceiling);
  core.committed();
  const log::Delivery late = alert();
  core.add(Durable({++position, late.log_time, late.kind, late.source, late.payload, 0}));
  const Core::Step next = core.step({.now = kStart + std::chrono::minutes(2), .ceiling = kNever}, true);
  REQUIRE(next.commit != nullptr);
  CHECK(next.commit->cut.ceiling == Time{});
}

TEST_CASE("while the log has more than came, time does not pass") {
  Core core(Recovered(Shard(0)), {});
  const log::Delivery first = bundle();
  core.add(Durable({1, kStart, first.kind, first.source, first.payload, 0}));
  const log::Delivery one = alert();
  core.add(Durable({2, kStart, one.kind, one.source, one.payload, 0}));
  const Time later = kStart + std::chrono::hours(1);
  const Core::Step behind = core.step({.now = later, .caught_up = false}, true);
  REQUIRE(behind.commit != nullptr);
  CHECK(behind.commit->cut.clock == kStart);
  core.committed();
  CHECK(core.step({.now = later, .caught_up = false}, false).commit == nullptr);
  // An alert without an end lives for five minutes.
  const Core::Step caught_up = core.step({.now = later, .caught_up = true}, false);
  REQUIRE(caught_up.commit != nullptr);
  CHECK(caught_up.commit->cut.clock == later);
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

#include "daemon/replay/replay_log.hpp"

#include <memory>

#include <catch2/catch.hpp>

#include "connectors/wire/alert_decoder.hpp"

using namespace triaged;
using namespace triaged::replay;

namespace {

constexpr Time at(std::int64_t seconds) { return kEarliest + std::chrono::seconds(seconds); }

struct NoSink final : EffectSink {
  void take(Effects& effects) override { incidents += effects.incidents.size(); }
  std::size_t incidents = 0;
};

std::shared_ptr<const Bundle> one_rule() {
  auto bundle = std::make_shared<Bundle>();
  CorrelationRule rule;
  rule.name = "by-service";
  rule.by = ByLabels{{"service"}, ByLabels::Missing::empty, ByLabels::Join::while_open};
  bundle->correlate.push_back(rule);
  return bundle;
}

}  // namespace

TEST_CASE("log time in a replay is receivedAt, else the later of startsAt and endsAt, else the clock") {
  wire::AlertBatch::Entry entry;
  CHECK(replay_log_time(entry, at(7)) == at(7));
  entry.ends_at = at(5);
  CHECK(replay_log_time(entry, at(7)) == at(5));
  entry.starts_at = at(3);
  CHECK(replay_log_time(entry, at(7)) == at(5));
  entry.ends_at.reset();
  CHECK(replay_log_time(entry, at(7)) == at(3));
  entry.received_at = at(90);
  CHECK(replay_log_time(entry, at(7)) == at(90));
}

TEST_CASE("changes go in before the alerts of their time, and not after the last alert") {
  Engine engine(one_rule());
  NoSink sink;
  ReplayLog log(engine, sink, {{"CHG2", "web", "release", at(500)}, {"CHG1", "web", "release", at(50)}});
  wire::AlertDecoder decoder;
  wire::AlertBatch batch;
  decoder.decode(R"({"labels": {"service": "web"}, "startsAt": "2000-01-01T00:01:00Z"})", 1, batch);
  REQUIRE(batch.entries.size() == 1);
  log.apply(batch);
  CHECK(engine.clock() == at(60));
  log.end();
  CHECK(engine.clock() == at(60));
  CHECK(sink.incidents == 1);
}

TEST_CASE("draining runs until no timer is due") {
  Engine engine(one_rule());
  NoSink sink;
  ReplayLog log(engine, sink);
  wire::AlertDecoder decoder;
  wire::AlertBatch batch;
  decoder.decode(R"({"labels": {"service": "web"}, "startsAt": "2000-01-01T00:01:00Z"})", 1, batch);
  log.apply(batch);
  CHECK(log.drain());
  CHECK(engine.next_timer() == kNever);
  CHECK(engine.active_alerts() == 0);
  CHECK(sink.incidents >= 3);  // opened, resolved by the timeout, closed
}

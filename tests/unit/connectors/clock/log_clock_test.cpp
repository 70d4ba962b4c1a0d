#include "connectors/clock/log_clock.hpp"

#include <catch2/catch.hpp>

namespace triaged::clock {
namespace {

using namespace std::chrono_literals;

constexpr Time kWall{Duration{1'795'428'000'000}};
constexpr Duration kBoot = 5h;
constexpr Duration kMaxFuture = 1min;

// A machine whose wall clock people set.
struct Machine {
  Reading reading{kWall, kBoot};

  Reading pass(Duration time) {
    reading.wall += time;
    reading.since_boot += time;
    return reading;
  }
  void set_wall(Duration by) { reading.wall += by; }
};

TEST_CASE("log clock: it is the wall clock as long as nobody sets that", "[clock]") {
  Machine machine;
  LogClock log(machine.reading, std::nullopt, kMaxFuture);
  CHECK(log.now() == kWall);
  for (const Duration step : {0ms, 1ms, 7ms, 1000ms, 86'400'000ms}) {
    CHECK(log.advance(machine.pass(step)) == machine.reading.wall);
    CHECK(log.difference() == 0ms);
  }
}

TEST_CASE("log clock: it never begins before the log's last time", "[clock]") {
  Machine machine;
  LogClock log(machine.reading, kWall + 1h, kMaxFuture);
  CHECK(log.now() == kWall + 1h);
  CHECK(log.difference() == -1h);
  CHECK(log.astray());
  CHECK(log.advance(machine.pass(10s)) == kWall + 1h + 10s);
  LogClock earlier(machine.reading, kWall - 29 * 24h, kMaxFuture);
  CHECK(earlier.now() == machine.reading.wall);
  CHECK(earlier.difference() == 0ms);
}

TEST_CASE("log clock: a wall clock that jumps does not move it", "[clock]") {
  const Duration jump = GENERATE(Duration{-1h}, Duration{24h * 3653}, Duration{-24h * 3653}, Duration{kMaxFuture + 1ms},
                                 Duration{-kMaxFuture - 1ms});
  CAPTURE(jump.count());
  Machine machine;
  LogClock log(machine.reading, std::nullopt, kMaxFuture);
  log.advance(machine.pass(10s));
  machine.set_wall(jump);
  for (int i = 1; i <= 100; ++i) {
    CHECK(log.advance(machine.pass(1s)) == kWall + 10s + 1s * i);
    CHECK(log.difference() == jump);
    CHECK(log.astray());
  }
  machine.set_wall(-jump);
  CHECK(log.advance(machine.pass(1s)) == machine.reading.wall);
  CHECK_FALSE(log.astray());
}

TEST_CASE("log clock: it is led to a wall clock that is a little off, by a twentieth and no more", "[clock]") {
  const auto [off, step] = GENERATE(table<Duration, Duration>({
      {30s, 1s},
      {-30s, 1s},
      {kMaxFuture, 1ms},
      {-kMaxFuture, 1ms},
      {-30s, 7ms},
      {30s, 19ms},
      {-30s, 21ms},
      {-1ms, 1ms},
      {-30s, 100s},
      {30s, 1h},
  }));
  CAPTURE(off.count(), step.count());
  Machine machine;
  LogClock log(machine.reading, std::nullopt, kMaxFuture);
  machine.set_wall(off);
  const Duration made_up_in = std::chrono::abs(off) * 20;
  Time before = log.now();
  Duration passed = 0ms;
  bool gentle = true;
  while (passed < made_up_in) {
    const Time now = log.advance(machine.pass(step));
    passed += step;
    const Duration lead = now - before - step;
    gentle = gentle && now >= before && std::chrono::abs(lead) <= step / 20 + 1ms &&
             std::chrono::abs(now - kWall - passed) <= passed / 20;
    before = now;
  }
  CHECK(gentle);
  CHECK(log.now() == machine.reading.wall);
  CHECK(log.difference() == 0ms);
}

TEST_CASE("log clock: time that went by without need of leading is not saved up", "[clock]") {
  Machine machine;
  LogClock log(machine.reading, std::nullopt, kMaxFuture);
  log.advance(machine.pass(1h));
  machine.set_wall(-30s);
  const Time before = log.now();
  CHECK(log.advance(machine.pass(1s)) == before + 1s - 50ms);
  machine.set_wall(-1h);
  log.advance(machine.pass(1h));
  machine.set_wall(1h);
  const Time later = log.now();
  CHECK(log.advance(machine.pass(1s)) == later + 1s - 50ms);
}

TEST_CASE("log clock: after the machine slept or the process stood still it is where the wall clock is", "[clock]") {
  Machine machine;
  LogClock log(machine.reading, std::nullopt, kMaxFuture);
  log.advance(machine.pass(1s));
  CHECK(log.advance(machine.pass(10min)) == machine.reading.wall);
  CHECK(log.advance(machine.pass(72h)) == machine.reading.wall);
}

TEST_CASE("log clock: a machine that stood still for longer than its clock knows is reported", "[clock]") {
  Machine machine;
  LogClock log(machine.reading, std::nullopt, kMaxFuture);
  machine.set_wall(10min);  // a virtual machine that was paused, its wall clock put right after it
  CHECK(log.advance(machine.pass(1s)) == kWall + 1s);
  CHECK(log.astray());
  log.set_max_future(15min);
  log.advance(machine.pass(1s));
  CHECK_FALSE(log.astray());
  CHECK(log.now() == kWall + 2s + 50ms);
}

TEST_CASE("log clock: readings out of order change nothing", "[clock]") {
  Machine machine;
  LogClock log(machine.reading, std::nullopt, kMaxFuture);
  const Reading early = machine.pass(1s);
  const Reading late = machine.pass(1s);
  const Time now = log.advance(late);
  CHECK(log.advance(early) == now);
  CHECK(log.advance(late) == now);
}

TEST_CASE("log clock: a wall clock that can't be right is doubted at the start", "[clock]") {
  const Reading reading{kWall, kBoot};
  CHECK(doubt_about(reading, std::nullopt) == Doubt::none);
  CHECK(doubt_about(reading, kWall + 24h * 365) == Doubt::none);
  CHECK(doubt_about(reading, kWall - 24h * 30) == Doubt::none);
  CHECK(doubt_about(reading, kWall - 24h * 30 - 1ms) == Doubt::far_ahead);
  CHECK(doubt_about({Time{}, kBoot}, std::nullopt) == Doubt::not_set);
  CHECK(doubt_about({Time{Duration{5'000'000'000'000}}, kBoot}, kWall) == Doubt::not_set);
}

TEST_CASE("clock: readings go on", "[clock]") {
  const Reading first = read();
  const Reading second = read();
  CHECK(second.since_boot >= first.since_boot);
  CHECK(first.since_boot > 0ms);
  CHECK(doubt_about(first, std::nullopt) == Doubt::none);
}

}  // namespace
}  // namespace triaged::clock

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "rules/engine/engine.hpp"
#include "tests/support/labels.hpp"

using namespace triaged;
using namespace std::chrono_literals;
using test::labels;

namespace {

constexpr Time kStart = kEarliest + std::chrono::hours(24 * 365);
constexpr std::uint64_t kCap = std::uint64_t{64} << 10U;

std::shared_ptr<const Bundle> capped() {
  auto bundle = std::make_shared<Bundle>();
  bundle->hash = "capped";
  bundle->settings.max_state = kCap;
  bundle->settings.resolve_timeout = std::chrono::hours(24);
  CorrelationRule rule;
  rule.name = "one-by-one";
  rule.by = ByLabels{.labels = {"service"}};
  bundle->correlate.push_back(rule);
  return bundle;
}

Labels alert(int number) {
  const std::string text = std::to_string(number);
  return labels({{"alertname", "Slow"}, {"service", "service-" + text}, {"instance", "instance-" + text}});
}

class Player {
 public:
  /// One alert each 200 ms, so that each slot closes.
  void fire(int number) { deliver(number, std::nullopt); }
  void resolve(int number) { deliver(number, now); }
  void wait(Duration duration) {
    now += duration;
    engine.apply({now, Tick{}}, out);
  }
  [[nodiscard]] std::uint64_t count(AlertState state) const {
    return static_cast<std::uint64_t>(std::ranges::count(out.alerts, state, &AlertRecord::state));
  }
  /// Fires new alerts until one is rejected; how many got in.
  int fill() {
    int number = 0;
    for (const std::uint64_t before = engine.counts().rejected; engine.counts().rejected == before; ++number) {
      fire(number);
      REQUIRE(number < 1000);
    }
    return number - 1;
  }

  Time now = kStart;
  Engine engine{capped()};
  Effects out;

 private:
  void deliver(int number, std::optional<Time> end) {
    now += 200ms;
    const Labels what = alert(number);
    engine.apply({now, AlertInput{.labels = what, .annotations = {}, .starts_at = kStart, .ends_at = end}}, out);
  }
};

}  // namespace

TEST_CASE("beyond the cap new alerts are rejected, and known ones are not", "[engine][capacity]") {
  Player player;
  const int known = player.fill();
  CHECK(known > 20);
  CHECK(player.engine.state_bytes() > kCap);
  CHECK(player.engine.state_bytes() < kCap + 4096);
  REQUIRE(player.count(AlertState::rejected) == 1);
  const AlertRecord& record = *std::ranges::find(player.out.alerts, AlertState::rejected, &AlertRecord::state);
  CHECK(record.reason == "capacity");
  CHECK(record.labels.get("service") == "service-" + std::to_string(known));
  CHECK(record.starts_at == kStart);
  CHECK_FALSE(record.incident.has_value());

  const EngineCounts before = player.engine.counts();
  const std::uint64_t bytes = player.engine.state_bytes();
  for (int number = 0; number < known; ++number) player.fire(number);
  CHECK(player.engine.counts().repeated == before.repeated + static_cast<std::uint64_t>(known));
  CHECK(player.engine.counts().rejected == 1);
  CHECK(player.engine.state_bytes() == bytes);
  player.resolve(0);
  player.wait(3min);
  CHECK(player.engine.active_alerts() == static_cast<std::uint64_t>(known) - 1);
}

TEST_CASE("what is over goes first, oldest first, and then there is room", "[engine][capacity]") {
  Player player;
  for (int number = 0; number < 10; ++number) player.fire(number);
  for (int number = 9; number >= 5; --number) player.resolve(number);
  player.wait(3min);  // resolved, and closed in an hour
  for (int number = 100; number < 200; ++number) player.fire(number);
  std::vector<std::string> closed;
  for (const auto& document : player.out.incidents) {
    if (document.change == IncidentChange::closed) closed.push_back(document.services.front());
  }
  // In two goes; what is closed in one slot is told in the order in which it was opened.
  CHECK(closed == std::vector<std::string>{"service-7", "service-8", "service-9", "service-5", "service-6"});
  CHECK(player.engine.counts().rejected > 0);
  // Those whose incidents were closed are forgotten, so the cap holds nothing but what fires.
  CHECK(player.engine.active_alerts() == 5 + 100 - player.engine.counts().rejected);
  const std::uint64_t an_alert = player.engine.state_bytes() / player.engine.active_alerts();
  CHECK(player.engine.active_alerts() > (kCap - kCap / 16) / (an_alert + 64));
}

TEST_CASE("texts that nobody uses any more are forgotten when room is needed", "[engine][capacity]") {
  Player player;
  std::uint64_t most = 0;
  for (int number = 0; number < 3000; ++number) {
    player.fire(number);
    player.resolve(number);
    player.wait(10s);
    most = std::max(most, player.engine.state_bytes());
  }
  CHECK(player.engine.counts().rejected == 0);
  CHECK(most <= kCap);
  CHECK(player.engine.counts().opened == 3000);
}

TEST_CASE("bytes are counted as the state grows and shrinks", "[engine][capacity]") {
  Player player;
  CHECK(player.engine.state_bytes() == 0);
  player.fire(1);
  const std::uint64_t one = player.engine.state_bytes();
  CHECK(one > 300);
  player.fire(1);
  CHECK(player.engine.state_bytes() == one);
  player.resolve(1);
  player.wait(2h);
  player.wait(10min);
  CHECK(player.engine.state_bytes() < 500);  // texts
}

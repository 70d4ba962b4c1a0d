#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "rules/engine/command_memory.hpp"
#include "rules/engine/engine.hpp"
#include "rules/suppress/suppression_table.hpp"
#include "tests/support/labels.hpp"

using namespace triaged;
using namespace std::chrono_literals;
using test::labels;

namespace {

constexpr Time kStart = kEarliest + std::chrono::hours(24 * 365);
const Labels kCart = labels({{"alertname", "Down"}, {"service", "cart"}});

std::shared_ptr<Bundle> bundle_by_service() {
  auto bundle = std::make_shared<Bundle>();
  bundle->hash = "test";
  bundle->settings.resolve_timeout = 48h;
  CorrelationRule rule;
  rule.name = "same-service";
  rule.by = ByLabels{.labels = {"service"}};
  bundle->correlate.push_back(rule);
  return bundle;
}

/// Plays inputs at seconds after kStart and keeps what came out.
class Player {
 public:
  explicit Player(std::shared_ptr<const Bundle> bundle = bundle_by_service()) : engine(std::move(bundle)) {}

  void fire(int at, const Labels& alert) {
    engine.apply({kStart + at * 1s, AlertInput{alert, {}, kStart + at * 1s, {}, 0}}, out);
  }
  void resolve(int at, const Labels& alert, int since) {
    engine.apply({kStart + at * 1s, AlertInput{alert, {}, kStart + since * 1s, kStart + at * 1s, 0}}, out);
  }
  void tick(int at) { engine.apply({kStart + at * 1s, Tick{}}, out); }
  CommandResult ask(int at, decltype(Command::what) what, std::uint64_t incident = 0, const std::string& key = {}) {
    Command command{.key = key, .actor = "anna", .incident = {}, .what = std::move(what)};
    if (incident != 0) command.incident = IncidentKey{0, incident};
    const std::size_t before = out.commands.size();
    engine.apply({kStart + at * 1s, std::move(command)}, out);
    REQUIRE(out.commands.size() == before + 1);
    return out.commands.back();
  }
  CommandResult silence(int at, int until, const std::string& matcher = R"(service="cart")") {
    Suppress suppress;
    suppress.suppression = {.kind = Suppression::Kind::silence,
                            .matchers = {matcher},
                            .starts_at = kStart + at * 1s,
                            .ends_at = kStart + until * 1s,
                            .comment = {}};
    return ask(at, suppress);
  }
  [[nodiscard]] IncidentChange last() const { return out.incidents.back().change; }

  Engine engine;
  Effects out;
};

constexpr int kDay = 24 * 3600;

}  // namespace

TEST_CASE("a key is remembered for 24 hours of log time", "[command]") {
  Player player;
  player.fire(0, kCart);
  player.tick(1);
  CHECK(player.ask(10, Acknowledge{}, 1, "k").accepted);
  const CommandResult again = player.ask(9 + kDay, Acknowledge{}, 1, "k");
  CHECK(again.accepted);
  CHECK(again.repeated);
  const CommandResult late = player.ask(10 + kDay, Acknowledge{}, 1, "k");
  CHECK_FALSE(late.repeated);
  CHECK(late.reason == "INC-0-1 is already acknowledged by anna");
}

TEST_CASE("the memory of keys is bounded, and the oldest go first", "[command]") {
  CommandMemory memory;
  CommandResult result;
  const auto with_key = [&](std::size_t key) {
    result.command.key = std::to_string(key);
    result.at = kStart;
    return result;
  };
  for (std::size_t key = 0; key <= CommandMemory::kMost; ++key) memory.remember(with_key(key));
  CommandResult recalled;
  CHECK_FALSE(memory.recall(with_key(0).command, kStart, recalled));
  CHECK(memory.recall(with_key(1).command, kStart, recalled));
  CHECK(memory.recall(with_key(CommandMemory::kMost).command, kStart, recalled));
  CHECK_FALSE(memory.recall(with_key(1).command, kStart + 24h, recalled));
}

TEST_CASE("another actor's command under a key is another command", "[command]") {
  CommandMemory memory;
  CommandResult result;
  result.at = kStart;
  result.command = {.key = "k", .actor = "anna", .incident = IncidentKey{0, 1}, .what = Resolve{}};
  memory.remember(result);
  CommandResult recalled;
  const auto repeated = [&](Command command) {
    recalled = {};
    REQUIRE(memory.recall(command, kStart, recalled));
    return recalled.repeated;
  };
  CHECK(repeated(result.command));
  Command other = result.command;
  SECTION("actor") { other.actor = "bert"; }
  SECTION("incident") { other.incident = IncidentKey{0, 2}; }
  SECTION("no incident") { other.incident = std::nullopt; }
  SECTION("what") { other.what = Reopen{}; }
  CHECK_FALSE(repeated(other));
  CHECK(recalled.reason == "the key k was used for another command");
}

TEST_CASE("what a person resolved is closed when its members are over, not before", "[command]") {
  Player player;
  player.fire(0, kCart);
  CHECK(player.ask(10, Resolve{}, 1).accepted);
  player.tick(11);
  CHECK(player.last() == IncidentChange::resolved);
  player.tick(7200);
  CHECK(player.last() == IncidentChange::resolved);
  player.resolve(7200, kCart, 0);
  player.tick(7200 + 120 + 3600 - 1);
  CHECK(player.last() != IncidentChange::closed);
  CHECK(player.out.incidents.back().ended_at == kStart + 7200s);
  player.tick(7200 + 120 + 3600 + 1);
  CHECK(player.last() == IncidentChange::closed);
}

TEST_CASE("an incident that is closed by hand shows what it was", "[command]") {
  Player player;
  player.fire(0, kCart);
  player.resolve(60, kCart, 0);
  player.tick(200);
  REQUIRE(player.last() == IncidentChange::resolved);
  CHECK(player.ask(210, Close{}, 1).accepted);
  player.tick(211);
  const IncidentDocument& closed = player.out.incidents.back();
  CHECK(closed.change == IncidentChange::closed);
  CHECK(closed.ended_at == kStart + 60s);
  CHECK(closed.resolved_at == kStart + 180s);
  CHECK(closed.closed_at == kStart + 210s);
  CHECK(closed.alerts.size() == 1);
  CHECK(closed.alert_count == 1);
  const CommandResult gone = player.ask(220, Comment{"late"}, 1);
  CHECK(gone.reason == "INC-0-1 was closed or merged, and that is final");
}

TEST_CASE("commands within one slot share a document", "[command]") {
  Player player;
  player.fire(0, kCart);
  player.tick(1);
  player.ask(10, Acknowledge{}, 1);
  player.ask(10, Assign{.assignee = "bert", .team = {}}, 1);
  player.ask(10, Resolve{}, 1);
  player.tick(11);
  REQUIRE(player.out.incidents.size() == 2);
  CHECK(player.last() == IncidentChange::resolved);
  CHECK(player.out.incidents.back().assignee == "bert");
  CHECK(player.out.incidents.back().acknowledged_at == kStart + 10s);
}

TEST_CASE("what a person says that changes nothing publishes nothing", "[command]") {
  Player player;
  player.fire(0, kCart);
  player.tick(1);
  CHECK(player.ask(10, Comment{"seen"}, 1).accepted);
  CHECK(player.ask(11, Assign{.assignee = "bert", .team = {}}, 1).accepted);
  player.tick(12);
  CHECK(player.ask(13, Assign{.assignee = "bert", .team = {}}, 1).accepted);
  player.tick(14);
  CHECK(player.out.incidents.size() == 2);
}

TEST_CASE("a change that a command tells of is one like any other", "[command]") {
  Player player;
  CHECK(player.ask(0, ImplementChange{"CHG-1", "cart", "release", kStart}).accepted);
  CHECK_FALSE(player.ask(0, ImplementChange{"", "cart", "release", kStart}).accepted);
}

TEST_CASE("a silence is forgotten a day after its end", "[command][suppress]") {
  Player player;
  CHECK(player.silence(0, 60).suppression == "SIL-0-1");
  player.tick(61);
  CHECK(player.out.suppressions.back().state == SuppressionDocument::State::expired);
  CHECK(player.ask(59 + kDay, Expire{"SIL-0-1"}).reason == "SIL-0-1 ended at 2000-12-31T00:01:00.000Z");
  const CommandResult gone = player.ask(60 + kDay, Expire{"SIL-0-1"});
  CHECK(gone.reason == "there is no silence or maintenance window SIL-0-1; it is forgotten 24 h after its end");
  CHECK(player.engine.next_timer() == kNever);
  CHECK(player.silence(61 + kDay, 90 + kDay).suppression == "SIL-0-2");
}

TEST_CASE("what is over of silences takes little memory, and only so many are kept", "[command][suppress]") {
  Player player;
  const std::string matcher = "service=~\"" + std::string(3'000, 'x') + ".\"";
  std::uint64_t active = 0;
  for (int i = 0; i < 1'200; ++i) {
    const std::string id = player.silence(i, 50 * kDay, matcher).suppression;
    player.tick(i + 1);
    active = player.engine.state_bytes();
    REQUIRE(player.ask(i + 1, Expire{id}).accepted);
  }
  player.tick(1'300);
  REQUIRE(player.out.suppressions.size() == 2'400);
  CHECK(player.out.suppressions.back().state == SuppressionDocument::State::expired);
  CHECK(player.out.suppressions.back().suppression.matchers == std::vector<std::string>{matcher});
  CHECK(active > 3'000 * 16);
  CHECK(player.engine.state_bytes() < SuppressionTable::kMostExpired * 400);
  CHECK(player.engine.snapshot().size() < 250'000);
  CHECK(
      player.ask(1'300, Expire{"SIL-0-200"}).reason.starts_with("there is no silence or maintenance window SIL-0-200"));
  CHECK(player.ask(1'300, Expire{"SIL-0-201"}).reason.starts_with("SIL-0-201 ended at "));

  // A restored engine counts, keeps and forgets the same.
  auto restored = Engine::restore(player.engine.snapshot(), bundle_by_service());
  REQUIRE(restored.has_value());
  CHECK(restored->state_bytes() == player.engine.state_bytes());
  player.tick(1'300 + kDay);
  player.silence(1'300 + kDay, 1'400 + kDay);
  Effects ignored;
  restored->apply({kStart + (1'300 + kDay) * 1s, Tick{}}, ignored);
  restored->apply({kStart + (1'300 + kDay) * 1s, player.out.commands.back().command}, ignored);
  CHECK(restored->snapshot() == player.engine.snapshot());
  CHECK(player.engine.state_bytes() < 5'000);
}

TEST_CASE("silences and what is remembered of commands leave the alerts their room", "[command][suppress][capacity]") {
  auto bundle = bundle_by_service();
  bundle->settings.max_state = 4'000'000;
  Player player(bundle);
  const std::string matcher = "service=~\"" + std::string(3'000, 'x') + ".\"";
  int made = 0;
  CommandResult last;
  for (; made < 100; ++made) {
    last = player.silence(made, 50 * kDay, matcher);
    if (!last.accepted) break;
  }
  CHECK(made > 15);
  CHECK(made < 21);
  CHECK(
      last.reason ==
      "silences and maintenance windows take as much of engine.max_state as they may; expire some first, or give fewer "
      "or shorter matchers");
  CHECK(player.engine.state_bytes() > 900'000);
  CHECK(player.ask(200, Expire{"SIL-0-1"}).accepted);
  player.tick(201);
  CHECK(player.silence(202, 50 * kDay, matcher).accepted);

  for (int i = 0; i < 2'000; ++i) player.ask(203, Acknowledge{}, 77, std::string(100, 'k') + std::to_string(i));
  CHECK(player.engine.state_bytes() > 1'000'000);
  CHECK(player.engine.state_bytes() < 4'000'000 / 4 + 4'000'000 / 16 + 10'000);
}

TEST_CASE("a message about a bad matcher shows its beginning", "[command][suppress]") {
  Player player;
  const std::string reason = player.silence(0, 60, "service=~\"(" + std::string(3'000, 'x') + "\"").reason;
  CHECK(reason.starts_with("the matcher service=~\"(xxx"));
  CHECK(reason.size() < 250);
}

TEST_CASE("silences that end before their time leave no timers behind", "[command][suppress]") {
  TimerQueue timers;
  SuppressionTable table(timers, 0);
  Suppress suppress;
  suppress.suppression = {.kind = Suppression::Kind::silence,
                          .matchers = {R"(service="cart")"},
                          .starts_at = kStart,
                          .ends_at = kStart + 10'000h,
                          .comment = {}};
  const auto kept = table.suppress(suppress, "anna", kStart);
  for (int i = 0; i < 5'000; ++i) {
    const auto id = table.suppress(suppress, "anna", kStart);
    REQUIRE(table.expire(*id, kStart));
  }
  std::size_t left = 0;
  bool armed = false;
  timers.rewrite([&](const TimerQueue::Timer& timer) {
    ++left;
    armed = armed || timer.id == 0;
    return true;
  });
  CHECK(left < 1'100);
  CHECK(armed);
}

TEST_CASE("there are only so many silences at a time", "[command][suppress]") {
  TimerQueue timers;
  SuppressionTable table(timers, 0);
  Suppress suppress;
  suppress.suppression = {.kind = Suppression::Kind::maintenance,
                          .matchers = {R"(service=~".+")"},
                          .starts_at = kStart + 1h,
                          .ends_at = kStart + 2h,
                          .comment = {}};
  for (std::size_t i = 0; i < SuppressionTable::kMost; ++i) REQUIRE(table.suppress(suppress, "anna", kStart));
  const auto refused = table.suppress(suppress, "anna", kStart);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error() == "there are 10000 silences and maintenance windows already; expire some first");
  suppress.replaces = "MW-0-7";
  CHECK(table.suppress(suppress, "anna", kStart) == "MW-0-7");
  CHECK(table.expire("MW-0-7", kStart) == "MW-0-7");
  suppress.replaces.clear();
  CHECK(table.suppress(suppress, "anna", kStart) == "MW-0-10001");
}

TEST_CASE("of several silences that which ends last is named", "[command][suppress]") {
  TimerQueue timers;
  SuppressionTable table(timers, 3);
  const auto add = [&](const std::string& matcher, Duration length, Suppression::Kind kind) {
    Suppress suppress;
    suppress.suppression = {
        .kind = kind, .matchers = {matcher}, .starts_at = kStart, .ends_at = kStart + length, .comment = {}};
    REQUIRE(table.suppress(suppress, "anna", kStart));
  };
  const auto named = [&](const Labels& alert) {
    const SuppressionId id = table.match(alert);
    return id == kNoSuppression ? std::string() : table.reason(id);
  };
  CHECK_FALSE(table.any_active());
  add(R"(service="cart")", 1h, Suppression::Kind::silence);
  CHECK(table.any_active());
  CHECK(named(kCart) == "silenced by SIL-3-1 until 2000-12-31T01:00:00.000Z");
  add(R"(alertname=~"D.*")", 2h, Suppression::Kind::maintenance);
  CHECK(named(kCart) == "in maintenance window MW-3-1 until 2000-12-31T02:00:00.000Z");
  add(R"(alertname="Down")", 2h, Suppression::Kind::silence);
  CHECK(named(kCart) == "silenced by SIL-3-2 until 2000-12-31T02:00:00.000Z");
  CHECK(named(labels({{"alertname", "Up"}, {"service", "shop"}})).empty());
  REQUIRE(table.expire("SIL-3-2", kStart + 1s));
  REQUIRE(table.expire("MW-3-1", kStart + 1s));
  CHECK(named(kCart) == "silenced by SIL-3-1 until 2000-12-31T01:00:00.000Z");
  REQUIRE(table.expire("SIL-3-1", kStart + 1s));
  CHECK_FALSE(table.any_active());
}

TEST_CASE("a silence does not hide that a source is silent", "[command][suppress]") {
  auto bundle = bundle_by_service();
  bundle->sources = {{.name = "prometheus", .stalled_after = 3min}};
  Player player(bundle);
  CHECK(player.silence(0, 3600, R"(alertname=~".+")").accepted);
  player.fire(1, kCart);
  player.tick(300);
  REQUIRE(player.out.incidents.size() == 1);
  CHECK(player.out.incidents.back().rule == "source-stalled");
}

TEST_CASE("a long silence over an alert that comes and goes does not grow", "[command][suppress]") {
  auto bundle = bundle_by_service();
  bundle->settings.resolve_timeout = 5min;
  Player player(bundle);
  player.silence(0, 30 * kDay);
  std::size_t largest = 0;
  for (int at = 0; at < 2000 * 600; at += 600) {
    player.fire(at + 1, kCart);
    player.resolve(at + 60, kCart, at + 1);
    if (at % 60'000 == 0) largest = std::max(largest, player.engine.snapshot().size());
  }
  player.tick(2000 * 600);
  CHECK(player.out.incidents.empty());
  CHECK(player.out.alerts.size() == 4000);
  CHECK(largest < 4000);
}

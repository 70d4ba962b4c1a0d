#include "rules/engine/engine.hpp"

#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/labels.hpp"

using namespace triaged;
using namespace std::chrono_literals;
using test::labels;

namespace {

constexpr Time kStart = kEarliest + std::chrono::hours(24 * 365);

std::shared_ptr<Bundle> bundle_by_service() {
  auto bundle = std::make_shared<Bundle>();
  bundle->hash = "test";
  CorrelationRule rule;
  rule.name = "same-service";
  rule.origin = {.file = "rules.yaml", .line = 3};
  rule.by = ByLabels{.labels = {"service"}};
  bundle->correlate.push_back(rule);
  return bundle;
}

/// Plays inputs at seconds after kStart and keeps what came out.
class Player {
 public:
  explicit Player(std::shared_ptr<const Bundle> bundle) : engine(std::move(bundle)) {}

  void fire(int at, const Labels& alert, std::uint32_t source = 0) {
    engine.apply(
        {kStart + at * 1s,
         AlertInput{
             .labels = alert, .annotations = {}, .starts_at = kStart + at * 1s, .ends_at = {}, .source = source}},
        out);
  }
  /// Sends again what fired at `since`.
  void resend(int at, const Labels& alert, int since, std::uint32_t source = 0) {
    engine.apply(
        {kStart + at * 1s,
         AlertInput{
             .labels = alert, .annotations = {}, .starts_at = kStart + since * 1s, .ends_at = {}, .source = source}},
        out);
  }
  void resolve(int at, const Labels& alert, int since) {
    engine.apply({kStart + at * 1s, AlertInput{.labels = alert,
                                               .annotations = {},
                                               .starts_at = kStart + since * 1s,
                                               .ends_at = kStart + at * 1s,
                                               .source = 0}},
                 out);
  }
  void tick(int at) { engine.apply({kStart + at * 1s, Tick{}}, out); }

  /// "1 opened", "1 resolved", … in order.
  [[nodiscard]] std::vector<std::string> changes() const {
    std::vector<std::string> all;
    for (const IncidentDocument& document : out.incidents) {
      all.push_back(std::to_string(document.key.number) + " " + std::string(to_string(document.change)));
    }
    return all;
  }

  Engine engine;
  Effects out;
};

using Changes = std::vector<std::string>;

const Labels kCart = labels({{"alertname", "Down"}, {"service", "cart"}, {"severity", "critical"}});
const Labels kShop = labels({{"alertname", "Down"}, {"service", "shop"}, {"severity", "warning"}});

}  // namespace

TEST_CASE("an incident opens, resolves after the flap hold, and closes", "[engine]") {
  Player player(bundle_by_service());
  player.fire(0, kCart);
  player.tick(1);
  CHECK(player.changes() == Changes{"1 opened"});
  player.resolve(60, kCart, 0);
  player.tick(60 + 119);
  CHECK(player.changes() == Changes{"1 opened"});
  player.tick(60 + 121);
  CHECK(player.changes() == Changes{"1 opened", "1 resolved"});
  CHECK(player.out.incidents.back().ended_at == kStart + 60s);
  player.tick(60 + 120 + 3601);
  CHECK(player.changes() == Changes{"1 opened", "1 resolved", "1 closed"});
  CHECK(player.engine.next_timer() != kNever);
  player.tick(60 + 120 + 3600 + 600);
  CHECK(player.engine.next_timer() == kNever);
}

TEST_CASE("a fault that comes back soon reopens its incident, later it opens another", "[engine]") {
  Player player(bundle_by_service());
  player.fire(0, kCart);
  player.resolve(60, kCart, 0);
  player.tick(200);
  SECTION("soon") {
    player.fire(60 + 290, kCart);
    player.tick(400);
    CHECK(player.changes() == Changes{"1 opened", "1 resolved", "1 reopened"});
    CHECK(player.out.incidents.back().alert_count == 1);
    CHECK_FALSE(player.out.incidents.back().resolved_at.has_value());
  }
  SECTION("later") {
    player.fire(60 + 310, kCart);
    player.tick(400);
    CHECK(player.changes() == Changes{"1 opened", "1 resolved", "2 opened"});
  }
}

TEST_CASE("repeats are counted and told with the next record", "[engine]") {
  Player player(bundle_by_service());
  player.fire(0, kCart);
  for (int at = 10; at <= 50; at += 10) player.resend(at, kCart, 0);
  player.resolve(60, kCart, 0);
  player.tick(61);
  CHECK(player.engine.counts().received == 7);
  CHECK(player.engine.counts().repeated == 5);
  REQUIRE(player.out.alerts.size() == 2);
  CHECK(player.out.alerts[0].state == AlertState::firing);
  CHECK(player.out.alerts[1].state == AlertState::resolved);
  CHECK(player.out.alerts[1].repeats == 5);
  CHECK(player.out.memberships.size() == 1);
}

TEST_CASE("a source that falls silent is not a recovery", "[engine][stall]") {
  auto bundle = bundle_by_service();
  bundle->sources = {{.name = "prometheus", .stalled_after = 3min}, {.name = "other", .stalled_after = {}}};
  Player player(bundle);
  player.fire(0, kCart, 0);
  player.fire(0, kShop, 1);
  player.tick(181);
  REQUIRE(player.changes() == Changes{"1 opened", "2 opened", "3 opened"});
  CHECK(player.out.incidents.back().rule == "source-stalled");
  CHECK(player.out.incidents.back().title == "No alerts from source prometheus");

  // Far beyond resolve_timeout: what the silent source sent still fires, what the other sent does not.
  player.tick(1800);
  CHECK(player.changes() == Changes{"1 opened", "2 opened", "3 opened", "2 resolved"});
  CHECK(player.engine.active_alerts() == 2);

  SECTION("it comes back and the alert still fires") {
    player.resend(1800, kCart, 0, 0);
    for (int at = 1860; at <= 2400; at += 60) player.resend(at, kCart, 0, 0);
    CHECK(player.changes() == Changes{"1 opened", "2 opened", "3 opened", "2 resolved", "3 resolved"});
  }
  SECTION("it comes back without the alert, which then times out") {
    const Labels another = labels({{"alertname", "Slow"}, {"service", "search"}});
    for (int at = 1800; at <= 2400; at += 60) player.resend(at, another, 1800, 0);
    player.tick(2400);
    const Changes seen = player.changes();
    CHECK(std::count(seen.begin(), seen.end(), "1 resolved") == 1);
    CHECK(std::count(seen.begin(), seen.end(), "3 resolved") == 1);
  }
}

TEST_CASE("a snapshot that was altered is refused", "[engine][snapshot]") {
  const auto bundle = bundle_by_service();
  Player player(bundle);
  player.fire(0, kCart);
  player.fire(1, kShop);
  const std::string good = player.engine.snapshot();
  REQUIRE(Engine::restore(good, bundle).has_value());
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x20);
    CAPTURE(at);
    REQUIRE_FALSE(Engine::restore(bad, bundle).has_value());
    const auto cut = Engine::restore(std::string_view(good).substr(0, at), bundle);
    REQUIRE_FALSE(cut.has_value());
    REQUIRE(cut.error().kind == RestoreError::Kind::damaged);
  }
  auto other = bundle_by_service();
  other->hash = "another";
  const auto refused = Engine::restore(good, other);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == RestoreError::Kind::other_bundle);
  CHECK(refused.error().message == "the snapshot was taken under another bundle: test");
  std::string newer = good;
  newer[8] = static_cast<char>(newer[8] + 1);
  const auto unknown = Engine::restore(newer, bundle);
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().kind == RestoreError::Kind::other_format);
}

TEST_CASE("a restored engine goes on as if nothing had happened", "[engine][snapshot]") {
  const auto bundle = bundle_by_service();
  Player player(bundle);
  player.fire(0, kCart);
  player.resolve(60, kCart, 0);
  player.tick(70);
  auto restored = Engine::restore(player.engine.snapshot(), bundle);
  REQUIRE(restored.has_value());
  CHECK(restored->snapshot() == player.engine.snapshot());
  Effects out;
  restored->apply({kStart + 400s, Tick{}}, out);
  REQUIRE(out.incidents.size() == 1);
  CHECK(out.incidents.front().change == IncidentChange::resolved);
  CHECK(out.incidents.front().revision == 2);
}

TEST_CASE("an alert that forgets its own start does not grow without end", "[engine]") {
  Player player(bundle_by_service());
  for (int at = 0; at < 1000; ++at) player.fire(at, kCart);  // a new startsAt with every delivery
  player.tick(1001);
  CHECK(player.out.memberships.size() == 1000);
  CHECK(player.engine.active_alerts() == 1);
  CHECK(player.engine.snapshot().size() < 20'000);
}

TEST_CASE("incidents are counted by state, priority and rule", "[engine]") {
  Player player(bundle_by_service());
  const auto count = [&](IncidentState state) {
    std::uint64_t sum = 0;
    for (const std::uint64_t of_priority : player.engine.incident_counts().by[static_cast<std::size_t>(state)]) {
      sum += of_priority;
    }
    return sum;
  };
  player.fire(0, kCart);
  CHECK(count(IncidentState::open) == 0);
  player.fire(1, kShop);
  player.tick(2);
  CHECK(count(IncidentState::open) == 2);
  CHECK(player.engine.incident_counts().of(IncidentState::open, player.out.incidents.front().priority) == 1);
  CHECK(player.engine.opened_by_rule() == OpenedByRule{{"same-service", 2}});
  player.resolve(60, kCart, 0);
  player.tick(400);
  CHECK(count(IncidentState::open) == 1);
  CHECK(count(IncidentState::resolved) == 1);
  player.tick(5000);
  CHECK(count(IncidentState::open) + count(IncidentState::resolved) == 0);
  CHECK(count(IncidentState::closed) == 0);
  CHECK(player.engine.opened_by_rule() == OpenedByRule{{"same-service", 2}});
}

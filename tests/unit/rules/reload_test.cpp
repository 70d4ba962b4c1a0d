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

CorrelationRule by(const std::string& name, std::vector<std::string> label_names) {
  CorrelationRule rule;
  rule.name = name;
  rule.origin = {.file = "rules.yaml", .line = 3};
  rule.by = ByLabels{.labels = std::move(label_names)};
  return rule;
}

std::shared_ptr<Bundle> bundle(std::vector<CorrelationRule> rules, const std::string& hash = "first") {
  auto made = std::make_shared<Bundle>();
  made->hash = hash;
  made->sources = {{"one"}, {"two"}};
  made->correlate = std::move(rules);
  return made;
}

/// Plays inputs at seconds after kStart and keeps what came out.
class Player {
 public:
  explicit Player(std::shared_ptr<const Bundle> given) : engine(std::move(given)) {}

  void fire(int at, const Labels& alert, std::uint32_t source = 0, int since = -1) {
    engine.apply({kStart + at * 1s, AlertInput{.labels = alert,
                                               .annotations = {},
                                               .starts_at = kStart + (since < 0 ? at : since) * 1s,
                                               .ends_at = {},
                                               .source = source}},
                 out);
  }
  void resolve(int at, const Labels& alert, int since) {
    engine.apply(
        {kStart + at * 1s,
         AlertInput{.labels = alert, .annotations = {}, .starts_at = kStart + since * 1s, .ends_at = kStart + at * 1s}},
        out);
  }
  void tick(int at) { engine.apply({kStart + at * 1s, Tick{}}, out); }
  void reload(int at, std::shared_ptr<const Bundle> next) {
    engine.apply({kStart + at * 1s, BundleInput{std::move(next)}}, out);
  }
  /// "1 opened by rule", … in order.
  [[nodiscard]] std::vector<std::string> changes() const {
    std::vector<std::string> all;
    for (const auto& d : out.incidents) {
      all.push_back(std::to_string(d.key.number) + " " + std::string(to_string(d.change)) + " by " + d.rule);
    }
    return all;
  }

  Engine engine;
  Effects out;
};
using Changes = std::vector<std::string>;

const Labels kCart = labels({{"alertname", "Slow"}, {"service", "cart"}, {"team", "a"}});
const Labels kShop = labels({{"alertname", "Slow"}, {"service", "shop"}, {"team", "a"}});

}  // namespace

TEST_CASE("an incident that nobody was told of goes where the new rules say", "[engine][reload]") {
  CorrelationRule held = by("held", {"service"});
  held.hold = 60s;
  Player player(bundle({held}));
  player.fire(0, kCart);
  player.fire(1, kShop);
  player.reload(2, bundle({by("team", {"team"})}, "second"));
  player.tick(100);
  CHECK(player.changes() == Changes{"1 opened by team"});
  CHECK(player.out.incidents.front().alert_count == 2);
}

TEST_CASE("a rule that is gone takes nothing, and one that comes back has its incidents", "[engine][reload]") {
  Player player(bundle({by("service", {"service"})}));
  player.fire(0, kCart);
  player.reload(2, bundle({by("team", {"team"})}, "second"));
  player.fire(3, labels({{"alertname", "Other"}, {"service", "cart"}, {"team", "b"}}));
  player.tick(10);
  auto restored = Engine::restore(player.engine.snapshot(), bundle({by("team", {"team"})}, "second"));
  REQUIRE(restored.has_value());
  player.engine = std::move(*restored);
  player.reload(11, bundle({by("team", {"team"}), by("service", {"service"})}, "third"));
  player.fire(12, labels({{"alertname", "Third"}, {"service", "cart"}}));
  player.tick(20);
  CHECK(player.changes() == Changes{"1 opened by service", "2 opened by team", "1 updated by service"});
}

TEST_CASE("a rule that groups by other labels is another rule, whatever it is called", "[engine][reload]") {
  Player player(bundle({by("rule", {"service"})}));
  player.fire(0, kCart);
  player.reload(2, bundle({by("rule", {"team"})}, "second"));
  player.fire(3, kShop);
  player.tick(10);
  CHECK(player.changes() == Changes{"1 opened by rule", "2 opened by rule"});
  REQUIRE(player.out.incidents.size() == 2);
  CHECK(player.out.incidents[0].evidence.front().why == "same service=\"cart\"");
  CHECK(player.out.incidents[1].evidence.front().why == "same team=\"a\"");
}

TEST_CASE("what fires in no incident is taken by a new rule", "[engine][reload]") {
  Player player(bundle({}));
  player.fire(0, kCart);
  player.tick(1);
  REQUIRE(player.out.alerts.size() == 1);
  CHECK(player.out.alerts.front().reason == "no correlation rule matches");
  player.reload(10, bundle({by("service", {"service"})}, "second"));
  player.tick(11);
  CHECK(player.changes() == Changes{"1 opened by service"});
}

TEST_CASE("sources are known by name", "[engine][reload]") {
  auto first = bundle({by("service", {"service"})});
  first->sources = {{"one", 3min}, {"two", 3min}};
  auto second = bundle({by("service", {"service"})}, "second");
  Player player(first);
  player.fire(0, kCart, 0);
  player.fire(0, kShop, 1);
  SECTION("one that is stalled goes on being so in another place") {
    player.tick(200);
    second->sources = {{"three", 0s}, {"two", 3min}, {"one", 3min}};
    player.reload(210, second);
    for (int at = 240; at <= 900; at += 60) player.fire(at, kShop, 1, 0);
    CHECK(player.engine.active_alerts() == 3);  // both, and that the first source is silent
    player.fire(901, kCart, 2, 0);
    player.tick(1100);
    const Changes seen = player.changes();
    CHECK(std::ranges::count(seen, "1 resolved by service") == 0);
    CHECK(std::ranges::count(seen, "3 resolved by source-stalled") +
              std::ranges::count(seen, "4 resolved by source-stalled") ==
          2);
  }
  SECTION("one that is gone is not waited for, and what it sent expires") {
    player.tick(200);
    second->sources = {{"two", 3min}};
    player.reload(210, second);
    for (int at = 240; at <= 900; at += 60) player.fire(at, kShop, 0, 0);
    CHECK(player.engine.active_alerts() == 1);
    const Changes seen = player.changes();
    CHECK(std::ranges::count(seen, "1 resolved by service") == 1);
  }
  SECTION("one that may be silent from now on is not told of any more") {
    player.tick(100);
    second->sources = {{"one"}, {"two"}};
    player.reload(110, second);
    player.tick(290);
    CHECK(player.changes() == Changes{"1 opened by service", "2 opened by service"});
  }
}

TEST_CASE("what a relabelling step dropped comes in when the step is gone", "[engine][reload]") {
  auto first = bundle({by("service", {"service"})});
  auto dropping = Relabeler::compile({{.action = RelabelAction::drop, .source_labels = {"service"}, .regex = "cart"}});
  REQUIRE(dropping.has_value());
  first->relabeler = *dropping;
  Player player(first);
  player.fire(0, kCart);
  SECTION("at once, before the record was out") {}
  SECTION("later") { player.tick(5); }
  player.reload(6, bundle({by("service", {"service"})}, "second"));
  player.fire(7, kCart, 0, 0);
  player.tick(10);
  CHECK(player.changes() == Changes{"1 opened by service"});
  CHECK(std::ranges::count(player.out.alerts, AlertState::dropped, &AlertRecord::state) == 1);
}

TEST_CASE("alerts of a dedup rule that is gone keep their variants, and take no new ones", "[engine][reload]") {
  auto first = bundle({by("service", {"service"})});
  first->dedup.push_back({"severity", {}, {}, {"severity"}});
  const auto severe = [](const char* severity) {
    return labels({{"alertname", "Slow"}, {"service", "cart"}, {"severity", severity}});
  };
  Player player(first);
  player.fire(0, severe("warning"));
  player.fire(1, severe("major"));
  CHECK(player.engine.active_alerts() == 1);
  SECTION("gone") {
    player.reload(2, bundle({by("service", {"service"})}, "second"));
    player.fire(3, severe("critical"));
    CHECK(player.engine.active_alerts() == 2);
    player.resolve(4, severe("major"), 1);
    player.resolve(5, severe("warning"), 0);
    CHECK(player.engine.active_alerts() == 1);
  }
  SECTION("in another place") {
    auto second = bundle({by("service", {"service"})}, "second");
    second->dedup = {{"other", {}, {*Matcher::parse(R"(service="shop")")}, {"team"}}, first->dedup.front()};
    player.reload(2, second);
    player.fire(3, severe("critical"));
    CHECK(player.engine.active_alerts() == 1);
  }
}

TEST_CASE("a longer flap hold and lateness still end and forget what is over", "[engine][reload]") {
  Player player(bundle({by("service", {"service"})}));
  player.fire(0, kCart);
  player.resolve(10, kCart, 0);
  player.tick(20);
  auto slower = bundle({by("service", {"service"})}, "second");
  slower->settings.flap_hold = 10min;
  slower->settings.allowed_lateness = 5min;
  slower->settings.close_after = 5min;
  player.reload(30, slower);
  player.tick(500);
  CHECK(player.changes() == Changes{"1 opened by service"});
  player.tick(620);
  CHECK(player.changes() == Changes{"1 opened by service", "1 resolved by service"});
  player.tick(10'000);
  CHECK(player.changes().back() == "1 closed by service");
  const Engine empty(slower);
  CHECK(player.engine.snapshot().size() < empty.snapshot().size() + 200);
}

TEST_CASE("configuration items that are gone keep their names", "[engine][reload]") {
  auto first = bundle({by("team", {"team"})});
  first->catalogue.items = {{.name = "host-1",
                             .type = "",
                             .supplier = "cloud",
                             .matchers = {{*Matcher::parse(R"(service="shop")")}},
                             .origin = {}},
                            {.name = "host-2",
                             .type = "",
                             .supplier = "iron",
                             .matchers = {{*Matcher::parse(R"(service="cart")")}},
                             .origin = {}}};
  auto second = bundle({by("team", {"team"})}, "second");
  second->catalogue.items = {{.name = "host-3", .type = "", .supplier = "x", .matchers = {}, .origin = {}},
                             first->catalogue.items[1]};
  Player player(first);
  player.fire(0, kCart);
  player.fire(1, kShop);
  player.tick(2);
  player.reload(3, second);
  player.fire(4, labels({{"alertname", "Slow"}, {"service", "x"}, {"team", "a"}}));
  player.tick(5);
  REQUIRE(player.out.incidents.size() > 1);
  CHECK(player.out.incidents.back().configuration_items == std::vector<std::string>{"host-1", "host-2"});
  CHECK(player.out.incidents.back().suppliers == std::vector<std::string>{"iron"});
}

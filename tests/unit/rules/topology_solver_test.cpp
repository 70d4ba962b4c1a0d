#include <algorithm>
#include <cstdlib>
#include <vector>

#include <catch2/catch.hpp>

#include "rules/correlate/topology/solver.hpp"

using namespace triaged;

namespace {

// Two databases (0, 1) below three services each (2-4, 5-7); 8 and 9 depend on 2. Service 10 depends on 1 in truth, but
// the catalogue does not know; 11 and 12 are its dependants.
Catalogue estate() {
  Catalogue catalogue;
  catalogue.services.resize(13);
  const auto depends = [&](std::uint32_t from, std::uint32_t on) {
    catalogue.services[from].depends_on.push_back({.of = {ServiceId{on}}});
  };
  for (const std::uint32_t service : {2U, 3U, 4U}) depends(service, 0);
  for (const std::uint32_t service : {5U, 6U, 7U}) depends(service, 1);
  for (const std::uint32_t service : {8U, 9U}) depends(service, 2);
  for (const std::uint32_t service : {11U, 12U}) depends(service, 10);
  return catalogue;
}
const std::vector<std::uint32_t> kKinds = {0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 1, 2, 2};

constexpr std::int64_t kStart = 1'000'000;  // seconds
Time at(std::int64_t second) { return Time{Duration{(kStart + second) * 1000}}; }

struct Story {
  std::vector<Onset> onsets;
  std::vector<FixedFault> fixed;
  std::vector<SuspectChange> changes;
  std::int64_t now = 300;

  /// `count` instances of one alert, a second apart.
  Story& burst(std::uint32_t service, std::int64_t second, std::uint32_t count, Severity severity = Severity::major,
               std::uint32_t earlier = 0, std::uint64_t fault = 0) {
    for (std::uint32_t i = 0; i < count; ++i) {
      onsets.push_back({.id = onsets.size() + 1,
                        .service = ServiceId{service},
                        .start = at(second + i % 10),
                        .name = 1 + service % 3,
                        .instance = i + 1,
                        .severity = severity,
                        .earlier = earlier,
                        .fixed = fault});
    }
    return *this;
  }
  /// The root at 0 s, three dependants, one of which drags its own along.
  Story& outage_of_0() {
    return burst(0, 0, 10, Severity::critical).burst(2, 15, 3).burst(3, 20, 2).burst(4, 30, 4).burst(8, 50, 3);
  }
  [[nodiscard]] std::vector<Explanation> explain(const std::vector<std::uint32_t>& kinds = kKinds) const {
    const Catalogue catalogue = estate();
    const ServiceGraph graph(catalogue);
    TopologySolver solver(graph, kinds, {});
    return solver.explain(
        {.onsets = onsets, .fixed = fixed, .changes = changes, .now = at(now), .history = std::chrono::hours(6)});
  }
};

ServiceId root(const Explanation& explanation) { return explanation.candidates.front().service; }

}  // namespace

TEST_CASE("nothing needs no explanation") { CHECK(Story().explain().empty()); }

TEST_CASE("a service that fails with its dependants is one fault and its root") {
  const auto found = Story().outage_of_0().explain();
  REQUIRE(found.size() == 1);
  CHECK(root(found[0]) == ServiceId{0});
  CHECK(found[0].onsets.size() == 22);
  CHECK_FALSE(found[0].lone);
  CHECK(found[0].candidates[0].score > 900);
  CHECK(found[0].candidates[0].alerts == 10);
  CHECK(found[0].candidates[0].instances == 10);
  CHECK(found[0].candidates[0].dependants == 4);
  CHECK(found[0].candidates[0].lead == std::chrono::seconds(15));
  CHECK(std::abs((found[0].began - at(0)).count()) < 30'000);
}

TEST_CASE("a cause that raises nothing is found by its dependants") {
  const auto found = Story().burst(2, 15, 3).burst(3, 20, 2).burst(4, 30, 4).burst(8, 50, 3).explain();
  REQUIRE(found.size() == 1);
  CHECK(root(found[0]) == ServiceId{0});
  CHECK(found[0].candidates[0].alerts == 0);
}

TEST_CASE("a cause may raise its alerts after its symptoms") {
  const auto found =
      Story().burst(2, 15, 3).burst(3, 20, 2).burst(4, 30, 4).burst(0, 100, 10, Severity::critical).explain();
  REQUIRE(found.size() == 1);
  CHECK(root(found[0]) == ServiceId{0});
  CHECK(found[0].candidates[0].lead < Duration{0});
}

TEST_CASE("faults at the same time in different parts of the graph stay apart") {
  const auto found = Story()
                         .outage_of_0()
                         .burst(1, 5, 12, Severity::critical)
                         .burst(5, 20, 3)
                         .burst(6, 25, 3)
                         .burst(7, 31, 2)
                         .explain();
  REQUIRE(found.size() == 2);
  CHECK(root(found[0]) == ServiceId{0});
  CHECK(root(found[1]) == ServiceId{1});
}

TEST_CASE("faults of one service far apart in time stay apart") {
  Story story = Story().outage_of_0();
  story.burst(0, 400, 10, Severity::critical).burst(2, 415, 3).burst(3, 425, 3).burst(4, 430, 3);
  story.now = 700;
  CHECK(story.explain().size() == 2);
}

TEST_CASE("the order of onsets does not matter") {
  Story story =
      Story().outage_of_0().burst(1, 5, 12, Severity::critical).burst(5, 20, 3).burst(12, 40, 1).burst(9, 90, 1);
  const auto expected = story.explain();
  std::uint64_t state = 7;
  for (int round = 0; round < 20; ++round) {
    for (std::size_t i = story.onsets.size() - 1; i > 0; --i) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      std::swap(story.onsets[i], story.onsets[(state >> 33U) % (i + 1)]);
    }
    const auto found = story.explain();
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      CHECK(found[i].onsets == expected[i].onsets);
      CHECK(root(found[i]) == root(expected[i]));
      CHECK(found[i].began == expected[i].began);
    }
  }
}

TEST_CASE("a solver remembers nothing of what it was asked before") {
  const Catalogue catalogue = estate();
  const ServiceGraph graph(catalogue);
  TopologySolver solver(graph, kKinds, {});
  const Story first = Story().outage_of_0();
  const Story second = Story().burst(1, 5, 12, Severity::critical).burst(5, 20, 3);
  const auto ask = [&](const Story& story) {
    return solver.explain({.onsets = story.onsets, .fixed = {}, .changes = {}, .now = at(300), .history = {}});
  };
  const auto before = ask(first);
  ask(second);
  const auto after = ask(first);
  REQUIRE(after.size() == before.size());
  CHECK(after[0].onsets == before[0].onsets);
  CHECK(after[0].candidates[0].score == before[0].candidates[0].score);
}

TEST_CASE("a single alert is left alone") {
  const auto found = Story().burst(9, 10, 1, Severity::warning).explain();
  REQUIRE(found.size() == 1);
  CHECK(found[0].lone);
  CHECK(root(found[0]) == ServiceId{9});
}

TEST_CASE("a habit beside a fault stays out of it") {
  Story story = Story().outage_of_0();
  story.burst(9, 40, 1, Severity::warning, 30);
  const auto found = story.explain();
  REQUIRE(found.size() == 2);
  CHECK(found[1].lone);
  CHECK(found[1].onsets == std::vector<std::uint64_t>{23});
}

TEST_CASE("a dependency that the catalogue lacks is presumed where such services usually have one") {
  Story story = Story().burst(1, 0, 12, Severity::critical).burst(5, 15, 3).burst(6, 20, 3).burst(7, 22, 3);
  story.burst(10, 25, 2, Severity::minor).burst(11, 50, 2, Severity::minor).burst(12, 60, 2, Severity::minor);
  const auto found = story.explain();
  REQUIRE(found.size() == 1);
  CHECK(root(found[0]) == ServiceId{1});
}

TEST_CASE("a change shortly before makes a service the likelier cause") {
  // Service 2 with its two dependants: its own fault, or one of silent 0 below it?
  Story story = Story().burst(2, 20, 3).burst(8, 40, 3).burst(3, 25, 2);
  const auto plain = story.explain();
  story.changes = {{ServiceId{0}, at(-120)}};
  const auto changed = story.explain();
  REQUIRE(changed.size() == 1);
  REQUIRE(root(changed[0]) == ServiceId{0});
  CHECK(changed[0].candidates[0].changed);
  CHECK(changed[0].candidates[0].since_change == std::chrono::seconds(140));
  SECTION("but not when it is long ago or came after") {
    story.changes = {{ServiceId{0}, at(-3600)}, {ServiceId{0}, at(250)}};
    const auto irrelevant = story.explain();
    REQUIRE(irrelevant.size() == plain.size());
    CHECK(irrelevant[0].candidates[0].score == plain[0].candidates[0].score);
  }
}

TEST_CASE("dependants that stay quiet speak against a root, once they had the time") {
  Story story = Story().burst(2, 15, 4, Severity::critical).burst(8, 30, 3).burst(9, 35, 3);
  const auto found = story.explain();
  REQUIRE(found.size() == 1);
  CHECK(root(found[0]) == ServiceId{2});
}

TEST_CASE("what belongs to a settled fault joins it") {
  Story story;
  story.burst(0, 0, 10, Severity::critical, 0, 77).burst(2, 15, 3, Severity::major, 0, 77).burst(3, 30, 3);
  story.fixed = {{77, ServiceId{0}, at(-5)}};
  const auto found = story.explain();
  REQUIRE(found.size() == 1);
  CHECK(found[0].fixed == 77);
  CHECK(found[0].onsets.size() == 16);
}

TEST_CASE("settled faults are neither merged nor emptied") {
  Story story;
  story.burst(0, 0, 10, Severity::critical, 0, 77).burst(2, 15, 3, Severity::major, 0, 78).burst(3, 20, 3);
  story.fixed = {{77, ServiceId{0}, at(-5)}, {78, ServiceId{2}, at(10)}};
  const auto found = story.explain();
  const auto holds = [&](std::uint64_t fault, std::uint64_t id) {
    return std::any_of(found.begin(), found.end(), [&](const Explanation& explanation) {
      return explanation.fixed == fault && std::ranges::count(explanation.onsets, id) == 1;
    });
  };
  CHECK(holds(77, 1));
  CHECK(holds(78, 11));
  std::size_t total = 0;
  for (const Explanation& explanation : found) total += explanation.onsets.size();
  CHECK(total == story.onsets.size());
}

TEST_CASE("every onset comes back once") {
  const Story story = Story()
                          .outage_of_0()
                          .burst(12, 10, 1)
                          .burst(11, 70, 2, Severity::info)
                          .burst(7, 20, 1, Severity::warning, 9)
                          .burst(1, 90, 7);
  std::vector<std::uint64_t> ids;
  for (const Explanation& explanation : story.explain()) {
    CHECK_FALSE(explanation.candidates.empty());
    CHECK(std::is_sorted(explanation.onsets.begin(), explanation.onsets.end()));
    ids.insert(ids.end(), explanation.onsets.begin(), explanation.onsets.end());
  }
  std::sort(ids.begin(), ids.end());
  REQUIRE(ids.size() == story.onsets.size());
  for (std::size_t i = 0; i < ids.size(); ++i) CHECK(ids[i] == i + 1);
}

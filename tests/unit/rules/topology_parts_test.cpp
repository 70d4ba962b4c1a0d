#include <vector>

#include <catch2/catch.hpp>

#include "rules/correlate/topology/burst.hpp"
#include "rules/correlate/topology/likelihood.hpp"
#include "rules/correlate/topology/reach.hpp"
#include "rules/correlate/topology/start.hpp"

using namespace triaged;

namespace {

Onset onset(std::uint64_t id, std::uint32_t service, std::int64_t second, std::uint32_t name, std::uint32_t instance,
            std::uint32_t earlier = 0) {
  return {.id = id,
          .service = ServiceId{service},
          .start = Time{Duration{second * 1000}},
          .name = name,
          .instance = instance,
          .severity = Severity::major,
          .earlier = earlier};
}

}  // namespace

TEST_CASE("logarithms are exact at powers of two and close between them") {
  CHECK(topology::log2_milli(0) == 0);
  CHECK(topology::log2_milli(1) == 0);
  CHECK(topology::log2_milli(2) == 1000);
  CHECK(topology::log2_milli(std::uint64_t{1} << 40U) == 40'000);
  CHECK(topology::log2_milli(3) == Approx(1585).margin(2));
  CHECK(topology::log2_milli(1000) == Approx(9966).margin(2));
}

TEST_CASE("powers undo logarithms") {
  CHECK(topology::exp2_millionth(0) == 1'000'000);
  CHECK(topology::exp2_millionth(1000) == 500'000);
  CHECK(topology::exp2_millionth(1585) == Approx(333'300).margin(500));
  CHECK(topology::exp2_millionth(60'000) == 0);
}

TEST_CASE("a fault reaches near services likelier, and more parents help") {
  const topology::Delays delays(4);
  CHECK(delays.reached(1, 1) > delays.reached(2, 1));
  CHECK(delays.reached(3, 2) > delays.reached(3, 1));
  CHECK(delays.density(1) > delays.density(4));
}

TEST_CASE("silence says nothing at first and more with time") {
  const topology::Delays delays(4);
  CHECK(delays.not_reached(1, 0) == 0);
  CHECK(delays.not_reached(1, -5000) == 0);
  CHECK(delays.not_reached(1, 20'000) < 0);
  CHECK(delays.not_reached(1, 300'000) < delays.not_reached(1, 20'000));
  CHECK(delays.not_reached(1, 300'000) == Approx(-2737).margin(10));
}

TEST_CASE("the more often an alert began before, the likelier it is chatter") {
  const std::int64_t day = 24LL * 3600 * 1000;
  CHECK(topology::chatter(1, day / 4) > topology::chatter(0, day / 4));
  CHECK(topology::chatter(9, day / 4) > topology::chatter(1, day / 4));
  SECTION("as a rate, not as a count") { CHECK(topology::chatter(3, 30 * day) < topology::chatter(3, day / 4)); }
}

TEST_CASE("one bad alert on many instances looks like a cause") {
  const auto cause = topology::causal(12, 1, Severity::critical);
  CHECK(cause > topology::causal(2, 1, Severity::critical));
  CHECK(cause > topology::causal(12, 3, Severity::critical));
  CHECK(cause > topology::causal(12, 1, Severity::minor));
}

TEST_CASE("a fault began where most votes overlap") {
  topology::StartVotes votes;
  votes.reset(1'000'000);
  votes.add(960'000, 1'000'000, 5);
  votes.add(980'000, 1'020'000, 7);
  votes.add(900'000, 920'000, 6);
  const auto best = votes.best();
  CHECK(best.weight == 12);
  CHECK(best.width == 20'000);
  CHECK(best.at == 990'000);
  SECTION("and an earlier election leaves nothing behind") {
    votes.reset(5'000'000);
    votes.add(4'990'000, 5'000'000, 3);
    CHECK(votes.best().weight == 3);
  }
}

TEST_CASE("onsets of one service within half a minute are a burst") {
  const std::vector<Onset> onsets = {onset(1, 0, 100, 1, 1), onset(2, 0, 120, 1, 2), onset(3, 0, 129, 2, 2),
                                     onset(4, 0, 140, 1, 3), onset(5, 1, 110, 1, 1)};
  topology::Bursts out;
  topology::gather(onsets, 0, out);
  REQUIRE(out.bursts.size() == 3);
  CHECK(out.bursts[0].instances == 2);
  CHECK(out.bursts[0].names == 2);
  CHECK(out.bursts[1].begin == 140'000);
  CHECK(out.bursts[2].service == ServiceId{1});
}

TEST_CASE("what a service raises again and again is no part of a burst") {
  const std::vector<Onset> onsets = {onset(1, 0, 100, 1, 1), onset(2, 0, 101, 9, 1, 40), onset(3, 0, 102, 1, 2)};
  topology::Bursts out;
  topology::gather(onsets, 0, out);
  REQUIRE(out.bursts.size() == 2);
  CHECK(out.bursts[0].instances == 2);
  CHECK(out.bursts[1].chatter > out.bursts[0].chatter);
}

TEST_CASE("habits of one moment that nothing tells apart have one fate") {
  std::vector<Onset> onsets = {onset(1, 0, 100, 1, 1, 40), onset(2, 0, 100, 9, 1, 40)};
  topology::Bursts out;
  topology::gather(onsets, 0, out);
  CHECK(out.bursts.size() == 1);
  SECTION("another severity tells them apart, whatever their ids") {
    onsets[0].severity = Severity::critical;
    topology::gather(onsets, 0, out);
    REQUIRE(out.bursts.size() == 2);
    CHECK(out.order == std::vector<std::uint32_t>{1, 0});
  }
  SECTION("and so does another moment") {
    onsets[0].start += std::chrono::milliseconds(1);
    topology::gather(onsets, 0, out);
    CHECK(out.bursts.size() == 2);
  }
}

TEST_CASE("causes are what a service depends on, nearest first, within the hops") {
  Catalogue catalogue;
  catalogue.services.resize(5);
  catalogue.services[0].depends_on = {{.of = {ServiceId{1}}}, {.of = {ServiceId{2}}}};
  catalogue.services[1].depends_on = {{.of = {ServiceId{3}}}};
  catalogue.services[3].depends_on = {{.of = {ServiceId{4}, ServiceId{0}}}};
  const ServiceGraph graph(catalogue);
  topology::Reach reach(graph, std::vector<std::uint32_t>{7, 8, 8, 9, 9}, 2);
  const auto& causes = reach.causes(ServiceId{0});
  REQUIRE(causes.size() == 4);
  CHECK(causes[0].distance == 0);
  CHECK(causes[3].service == ServiceId{3});
  CHECK(causes[3].distance == 2);
  SECTION("and known by their distance, whoever was asked about before") {
    CHECK(reach.distance(ServiceId{0}, ServiceId{3}) == 2);
    CHECK(reach.distance(ServiceId{3}, ServiceId{0}) == 1);
    CHECK(reach.distance(ServiceId{3}, ServiceId{2}) == 2);
    CHECK(reach.distance(ServiceId{0}, ServiceId{4}) == topology::Reach::kFar);
  }
  SECTION("and kinds tell what is usual") {
    CHECK(reach.usual(ServiceId{0}, reach.kind(ServiceId{2})));
    CHECK_FALSE(reach.usual(ServiceId{0}, reach.kind(ServiceId{0})));
    CHECK(reach.usual_bits(ServiceId{0}) == reach.kind_bit(ServiceId{2}));
    REQUIRE(reach.habits(ServiceId{0}).size() == 1);
    CHECK(reach.habits(ServiceId{0})[0].on == reach.kind(ServiceId{2}));
    CHECK(reach.habits(ServiceId{0})[0].usual == 0);
    CHECK(reach.habits(ServiceId{2})[0].usual == -2000);
  }
}

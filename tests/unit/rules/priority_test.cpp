#include "rules/incident/priority.hpp"

#include <string>

#include <catch2/catch.hpp>

using namespace triaged;

TEST_CASE("the tier gives the impact", "[priority]") {
  const auto [tier, impact] = GENERATE(table<std::string, int>(
      {{"1", 1}, {"Tier-1", 1}, {"GOLD", 1}, {"2", 2}, {"silver", 2}, {"3", 3}, {"bronze", 3}, {"", 2}, {"edge", 2}}));
  CAPTURE(tier);
  CHECK(impact_of_tier(tier) == impact);
}

TEST_CASE("impact and urgency give the priority", "[priority]") {
  const auto [impact, urgency, priority] = GENERATE(table<int, int, int>(
      {{1, 1, 1}, {1, 2, 2}, {2, 1, 2}, {1, 3, 3}, {2, 2, 3}, {3, 1, 3}, {2, 3, 4}, {3, 2, 4}, {3, 3, 5}}));
  CHECK(priority_of(static_cast<std::uint8_t>(impact), static_cast<std::uint8_t>(urgency)) == priority);
}

TEST_CASE("severity gives the urgency", "[priority]") {
  CHECK(urgency_of(Severity::critical) == 1);
  CHECK(urgency_of(Severity::major) == 2);
  CHECK(urgency_of(Severity::minor) == 3);
  CHECK(urgency_of(Severity::info) == 3);
}

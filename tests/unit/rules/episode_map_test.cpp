#include "rules/correlate/episode_map.hpp"

#include <catch2/catch.hpp>

using namespace triaged;

TEST_CASE("an episode map knows what was set since it was cleared") {
  EpisodeMap map;
  CHECK(map.find(EpisodeId{3}) == nullptr);
  map.set(EpisodeId{3}, 7);
  map.set(EpisodeId{3}, 8);
  REQUIRE(map.find(EpisodeId{3}) != nullptr);
  CHECK(*map.find(EpisodeId{3}) == 8);
  CHECK(map.find(EpisodeId{2}) == nullptr);
  CHECK(map.find(kNoEpisode) == nullptr);
  map.clear();
  CHECK(map.find(EpisodeId{3}) == nullptr);
}

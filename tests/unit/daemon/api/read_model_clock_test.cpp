#include "daemon/api/read_model_clock.hpp"

#include <chrono>
#include <vector>

#include <catch2/catch.hpp>

namespace triaged::api {
namespace {

TEST_CASE("the read model's clock tells whom to hurry, and only where somebody has to wait", "[api]") {
  const auto at = [](int milliseconds) { return Time{Duration{milliseconds}}; };
  std::vector<Time> awaited;
  std::vector<bool> told;
  {
    ReadModelClock clock([&](std::uint32_t shard, Time time) {
      CHECK(shard == 4);
      awaited.push_back(time);
    });
    const auto wait = [&](Time time) {
      clock.wait(4, time, std::chrono::hours(1), [&](bool there) { told.push_back(there); });
    };
    clock.applied(4, at(100));
    wait(at(100));
    CHECK(told == std::vector{true});
    CHECK(awaited.empty());
    wait(at(200));
    wait(at(300));
    CHECK(awaited == std::vector{at(200), at(300)});
    clock.applied(3, at(300));  // nobody waits for that shard
    CHECK(told == std::vector{true});
    clock.applied(4, at(200));
    CHECK(told == std::vector{true, true});
  }
  CHECK(told == std::vector{true, true, false});
}

}  // namespace
}  // namespace triaged::api

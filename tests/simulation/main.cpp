// triaged_simulation [--seeds N] [--seed S]: N lives of a daemon, from seed 1 on, or the one of seed S. A life that
// goes wrong prints how to see it again.
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "tests/simulation/world.hpp"

int main(int count, char** arguments) {
  std::uint64_t first = 1;
  std::uint64_t seeds = 2000;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view value = arguments[i + 1];
    std::uint64_t number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    if (std::strcmp(arguments[i], "--seeds") == 0) {
      seeds = number;
    } else if (std::strcmp(arguments[i], "--seed") == 0) {
      first = number;
      seeds = 1;
    } else {
      fmt::print(stderr, "usage: {} [--seeds N] [--seed S]\n", arguments[0]);
      return 2;
    }
  }
  triaged::simulation::Tally tally;
  std::uint64_t failed = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    triaged::simulation::World world(seed);
    if (const auto wrong = world.run()) {
      ++failed;
      fmt::print("FAILED seed {}: {}\n  again: {} --seed {}\n", seed, *wrong, arguments[0], seed);
    }
    tally += world.tally();
  }
  fmt::print(
      "{} seeds: {} records, {} crashes, {} refused writes, {} snapshots ({} torn), {} cuts, {} outputs; {} failed\n",
      seeds, tally.deliveries, tally.crashes, tally.refused_writes, tally.snapshots, tally.torn_snapshots, tally.cuts,
      tally.outputs, failed);
  return failed == 0 ? 0 : 1;
}

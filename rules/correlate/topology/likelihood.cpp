#include "rules/correlate/topology/likelihood.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace triaged::topology {
namespace {

// 1000 * log2(1 + i/32), rounded.
constexpr std::array<std::int32_t, 33> kFraction = {0,   44,  87,  129, 170, 209, 248, 285, 322, 358, 392,
                                                    426, 459, 492, 524, 555, 585, 615, 644, 672, 700, 728,
                                                    755, 781, 807, 833, 858, 883, 907, 931, 954, 977, 1000};

// 1'000'000 * 2^(-i/16), rounded.
constexpr std::array<std::int64_t, 17> kRoots = {1'000'000, 957'603, 917'004, 878'126, 840'896, 805'245,
                                                 771'105,   738'413, 707'107, 677'128, 648'420, 620'929,
                                                 594'604,   569'394, 545'254, 522'137, 500'000};

}  // namespace

std::int32_t log2_milli(std::uint64_t value) {
  if (value <= 1) return 0;
  const int whole = static_cast<int>(std::bit_width(value)) - 1;
  // The next ten bits below the leading one: five choose the row, five interpolate.
  const std::uint64_t below = whole >= 10 ? (value >> (whole - 10)) & 1023U : (value << (10 - whole)) & 1023U;
  const auto row = static_cast<std::size_t>(below >> 5U);
  const auto rest = static_cast<std::int32_t>(below & 31U);
  return whole * 1000 + kFraction[row] + (kFraction[row + 1] - kFraction[row]) * rest / 32;
}

std::int64_t exp2_millionth(std::int32_t loss) {
  const std::int32_t whole = loss / 1000;
  if (whole >= 20) return 0;
  const std::int32_t sixteenths = (loss % 1000) * 16;
  const auto row = static_cast<std::size_t>(sixteenths / 1000);
  const std::int64_t value = kRoots[row] - (kRoots[row] - kRoots[row + 1]) * (sixteenths % 1000) / 1000;
  return value >> whole;
}

Delays::Delays(std::uint32_t hops) : reached_(hops + 1), not_reached_(hops + 1), density_(hops + 1) {
  std::int64_t chance = 1'000'000;
  for (std::uint32_t distance = 0; distance <= hops; ++distance) {
    const std::int64_t reach = std::max<std::int64_t>(chance / 1000, 20);
    chance = chance * kReachPermille / 1000;
    std::int64_t none = 1000;
    for (std::int32_t& entry : reached_[distance]) {
      entry = log2_milli(static_cast<std::uint64_t>(1000 - none)) - log2_milli(1000);
      none = none * (1000 - reach) / 1000;
    }
    for (std::size_t step = 0; step < kSteps; ++step) {
      const std::int64_t passed = std::min(static_cast<std::int64_t>(step) * kStepMs, latest_ms(distance));
      const std::int64_t heard = reach * passed / latest_ms(distance);
      not_reached_[distance][step] = log2_milli(static_cast<std::uint64_t>(1000 - heard)) - log2_milli(1000);
    }
    density_[distance] = log2_milli(1000) - log2_milli(static_cast<std::uint64_t>(latest_ms(distance)));
  }
}

std::int32_t chatter(std::uint32_t earlier, std::int64_t history_ms) {
  constexpr std::int64_t kHalfDay = 6LL * 3600 * 1000;
  // How many there would be in six hours, in 1/16.
  const std::int64_t often = static_cast<std::int64_t>(earlier) * 16 * kHalfDay / std::max(history_ms, kHalfDay);
  constexpr std::array<std::int32_t, 5> kBits = {-13'000, -9'500, -6'500, -4'500, -3'000};
  const auto row = static_cast<std::size_t>(std::min<std::int64_t>(often / 16, 3));
  const auto rest = static_cast<std::int32_t>(std::min<std::int64_t>(often - static_cast<std::int64_t>(row) * 16, 16));
  return kBits[row] + (kBits[row + 1] - kBits[row]) * rest / 16;
}

std::int32_t causal(std::uint32_t instances, std::uint32_t names, Severity severity) {
  constexpr std::array<std::int32_t, 11> kInstances = {0,    -1'700, -1'000, -600,  -300, -300,
                                                       -200, 3'000,  3'500,  4'000, 5'000};
  constexpr std::array<std::int32_t, 5> kSeverity = {-3'000, -1'000, -1'500, -500, 1'500};
  const std::int32_t variety = names <= 1 ? 1'200 : names == 2 ? kTwoNames : kMoreNames;
  return kInstances[std::min<std::size_t>(instances, 10)] + kSeverity[static_cast<std::size_t>(severity)] + variety;
}

}  // namespace triaged::topology

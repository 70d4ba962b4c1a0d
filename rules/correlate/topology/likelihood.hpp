// How likely what is seen would be under a fault, in 1/1000 bit (log2 of a probability, or of a density per second).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "rules/model/severity.hpp"

namespace triaged::topology {

/// 1000 * log2(value); value 0 counts as 1.
[[nodiscard]] std::int32_t log2_milli(std::uint64_t value);

/// 2^(-loss/1000), in 1/1'000'000; loss >= 0.
[[nodiscard]] std::int64_t exp2_millionth(std::int32_t loss);

// A fault's first second is as likely on any service at any second: about one fault per service in ten hours.
inline constexpr std::int32_t kFaultPrior = -13'500;
inline constexpr std::int32_t kChangedBonus = 5'000;
inline constexpr std::int32_t kUnchanged = -500;

// The root's own alerts: mostly within seconds, some minutes late, sometimes none.
inline constexpr std::int64_t kRootEarlyMs = 25'000;
inline constexpr std::int64_t kRootLateMs = 175'000;
inline constexpr std::int32_t kRootEarly = -5'400;  // density within kRootEarlyMs
inline constexpr std::int32_t kRootLate = -9'000;   // density until kRootLateMs
inline constexpr std::int32_t kRootSilent = -2'700;

// Symptoms travel within some seconds to a minute per hop.
inline constexpr std::int64_t kHopMs = 42'000;
inline constexpr std::int64_t kSpreadMs = 12'000;
inline constexpr std::int64_t kSoftMs = 20'000;
inline constexpr std::int32_t kSoftLoss = -4'000;
inline constexpr std::int32_t kReachPermille = 850;

inline constexpr std::int32_t kExtraOnset = -4'600;  // one more alert of a burst, per second of the burst's spread
inline constexpr std::int32_t kHiddenStep = -6'000;  // an affected service on the way raised nothing
inline constexpr std::int32_t kUnusual = -22'000;
inline constexpr std::int32_t kTwoNames = -3'000;
inline constexpr std::int32_t kMoreNames = -4'500;
inline constexpr std::int64_t kHopLeastMs = 4'000;
inline constexpr std::int32_t kMissingEdge = -3'200;  // the catalogue lacks the dependency
inline constexpr std::int32_t kPresumed = -8'000;     // either of these, as a rule of thumb
inline constexpr std::int32_t kImpossible = -60'000;

/// How a fault travels, by distance from its root: tables up to the hops given, since every score asks for them.
class Delays {
 public:
  explicit Delays(std::uint32_t hops);

  /// A service at `distance` is reached, when `parents` (at least 1) affected services could pass the fault on.
  [[nodiscard]] std::int32_t reached(std::uint32_t distance, std::uint32_t parents) const {
    return reached_[distance][std::min(parents, kMostParents)];
  }
  /// It is not, through one of them, though `elapsed_ms` passed since the fault began.
  [[nodiscard]] std::int32_t not_reached(std::uint32_t distance, std::int64_t elapsed_ms) const {
    const std::int64_t step = std::clamp<std::int64_t>(elapsed_ms / kStepMs, 0, kSteps - 1);
    return not_reached_[distance][static_cast<std::size_t>(step)];
  }
  /// Density per second of the delay to it.
  [[nodiscard]] std::int32_t density(std::uint32_t distance) const { return density_[distance]; }
  [[nodiscard]] static std::int64_t latest_ms(std::uint32_t distance) { return kHopMs * distance + kSpreadMs; }

 private:
  static constexpr std::uint32_t kMostParents = 4;
  static constexpr std::int64_t kStepMs = 4'000;
  static constexpr std::int64_t kSteps = 64;

  std::vector<std::array<std::int32_t, kMostParents + 1>> reached_;
  std::vector<std::array<std::int32_t, kSteps>> not_reached_;
  std::vector<std::int32_t> density_;
};

/// How often an alert begins by itself, against how often a fault would pick this very alert: density per second.
/// `earlier` such alerts began before within `history_ms`.
[[nodiscard]] std::int32_t chatter(std::uint32_t earlier, std::int64_t history_ms);

/// What a burst of alerts looks like: its commonest name is on `instances`, one of `names`, as bad as `severity`.
/// Likelihood as a cause against as a symptom.
[[nodiscard]] std::int32_t causal(std::uint32_t instances, std::uint32_t names, Severity severity);

}  // namespace triaged::topology

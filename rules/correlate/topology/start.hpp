// When did a fault begin? Each burst votes for the seconds at which it would be likely; the best stretch wins.
#pragma once

#include <array>
#include <cstdint>

namespace triaged::topology {

/// Times in ms, votes in 1/1000 bit.
class StartVotes {
 public:
  /// Votes concern the minutes around `earliest`; what lies outside is cut off.
  void reset(std::int64_t earliest);

  /// Every time in [from, to) gains `weight`, which may be negative.
  void add(std::int64_t from, std::int64_t to, std::int32_t weight);

  struct Best {
    std::int64_t at = 0;      // the middle of the best stretch
    std::int64_t width = 0;   // how long it is
    std::int32_t weight = 0;  // of each of its times; at least 0
  };
  [[nodiscard]] Best best() const;

 private:
  static constexpr std::int64_t kCellMs = 2'000;
  static constexpr std::int64_t kCells = 256;
  static constexpr std::int64_t kBefore = 120;  // cells before the earliest

  std::int64_t base_ = 0;  // number of the first cell since the epoch
  std::array<std::int32_t, kCells + 1> change_{};
  std::array<std::uint64_t, kCells / 64 + 1> touched_{};  // bits: the cells of change_ that hold something
};

}  // namespace triaged::topology

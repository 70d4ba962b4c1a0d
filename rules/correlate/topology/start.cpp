#include "rules/correlate/topology/start.hpp"

#include <algorithm>
#include <bit>

namespace triaged::topology {

void StartVotes::reset(std::int64_t earliest) {
  for (std::size_t word = 0; word < touched_.size(); ++word) {
    for (; touched_[word] != 0; touched_[word] &= touched_[word] - 1) {
      change_[word * 64 + static_cast<std::size_t>(std::countr_zero(touched_[word]))] = 0;
    }
  }
  base_ = earliest / kCellMs - kBefore;
}

void StartVotes::add(std::int64_t from, std::int64_t to, std::int32_t weight) {
  const std::int64_t first = std::clamp<std::int64_t>((from + kCellMs / 2) / kCellMs - base_, 0, kCells);
  const std::int64_t last = std::clamp<std::int64_t>((to + kCellMs / 2) / kCellMs - base_, 0, kCells);
  if (first >= last) return;
  const auto change = [&](std::int64_t cell, std::int32_t by) {
    const auto at = static_cast<std::size_t>(cell);
    change_[at] += by;
    touched_[at / 64] |= std::uint64_t{1} << at % 64;
  };
  change(first, weight);
  change(last, -weight);
}

// The level changes at touched cells alone, and every stretch ends at one.
StartVotes::Best StartVotes::best() const {
  Best best;
  std::int32_t level = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;
  bool open = false;  // the stretch from `first` on has not ended
  for (std::size_t word = 0; word < touched_.size(); ++word) {
    for (std::uint64_t bits = touched_[word]; bits != 0; bits &= bits - 1) {
      const std::size_t cell = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
      const std::int32_t step = change_[cell];
      if (open) last = static_cast<std::int64_t>(cell);
      if (step == 0) continue;
      level += step;
      open = level > best.weight;
      if (!open) continue;
      best.weight = level;
      first = static_cast<std::int64_t>(cell);
    }
  }
  best.width = (last - first) * kCellMs;
  best.at = (base_ + first) * kCellMs + best.width / 2;
  return best;
}

}  // namespace triaged::topology

#include "rules/correlate/topology_start.hpp"

#include <algorithm>

namespace triaged::topology {

void StartVotes::reset(std::int64_t earliest) {
  if (low_ <= high_) std::fill(change_.begin() + low_, change_.begin() + high_ + 1, 0);
  base_ = earliest / kCellMs - kBefore;
  low_ = kCells;
  high_ = 0;
}

void StartVotes::add(std::int64_t from, std::int64_t to, std::int32_t weight) {
  const std::int64_t first = std::clamp<std::int64_t>((from + kCellMs / 2) / kCellMs - base_, 0, kCells);
  const std::int64_t last = std::clamp<std::int64_t>((to + kCellMs / 2) / kCellMs - base_, 0, kCells);
  if (first >= last) return;
  change_[static_cast<std::size_t>(first)] += weight;
  change_[static_cast<std::size_t>(last)] -= weight;
  low_ = std::min(low_, first);
  high_ = std::max(high_, last);
}

StartVotes::Best StartVotes::best() const {
  Best best;
  std::int32_t level = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;
  bool open = false;  // the stretch [first, last) may still grow
  for (std::int64_t cell = low_; cell < high_; ++cell) {
    const std::int32_t step = change_[static_cast<std::size_t>(cell)];
    level += step;
    if (level > best.weight) {
      best.weight = level;
      first = cell;
      last = cell + 1;
      open = true;
    } else if (open && step == 0) {
      last = cell + 1;
    } else {
      open = false;
    }
  }
  best.width = (last - first) * kCellMs;
  best.at = (base_ + first) * kCellMs + best.width / 2;
  return best;
}

}  // namespace triaged::topology

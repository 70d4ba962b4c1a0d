// A number for some episodes, for the length of one computation.
#pragma once

#include <cstdint>
#include <vector>

#include "rules/dedup/alert.hpp"

namespace triaged {

/// Reusable; clearing costs nothing. Takes 16 bytes for each episode up to the highest id that it ever saw.
class EpisodeMap {
 public:
  void clear() { ++now_; }
  void set(EpisodeId id, std::uint32_t value) {
    const auto at = static_cast<std::size_t>(id);
    if (at >= slots_.size()) slots_.resize(at + 1);
    slots_[at] = {now_, value};
  }
  /// nullptr: it has none.
  [[nodiscard]] const std::uint32_t* find(EpisodeId id) const {
    const auto at = static_cast<std::size_t>(id);
    return at < slots_.size() && slots_[at].round == now_ ? &slots_[at].value : nullptr;
  }

 private:
  struct Slot {
    std::uint64_t round = 0;
    std::uint32_t value = 0;
  };
  std::vector<Slot> slots_;
  std::uint64_t now_ = 1;
};

}  // namespace triaged

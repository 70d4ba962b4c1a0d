// The labels of one alert on their way into canonical form.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "rules/model/labels.hpp"

namespace triaged::wire {

/// Views of names and values as they came, empty values included; no name is empty. Keeps its memory. Not thread-safe.
class LabelPairs {
 public:
  void clear() { size_ = 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  void push_back(LabelPair pair) {
    if (size_ == slots_.size()) slots_.resize(2 * size_ + 16);
    slots_[size_++] = pair;
  }

  /// By name; the name that stands twice, if one does.
  std::optional<std::string_view> sort() {
    // The alerts of a source have the same names in the same order, so the last order is right nearly always.
    if (size_ == 0 || (order_.size() == size_ && !out_of_order())) return std::nullopt;
    order_.resize(size_);
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::sort(order_.begin(), order_.end(), [this](auto a, auto b) { return before(slots_[a], slots_[b]); });
    return out_of_order();
  }

  /// Of the canonical bytes.
  [[nodiscard]] std::size_t canonical_size() const {
    std::size_t size = 0;
    for (const auto& pair : std::span(slots_).first(size_)) {
      size += pair.value.empty() ? 0 : pair.name.size() + pair.value.size() + 2;
    }
    return size;
  }
  /// Writes the canonical bytes of sorted pairs; the end of them.
  char* write(char* at) const {
    for (std::size_t next = 0; next < size_; ++next) {
      const LabelPair& pair = slots_[order_[next]];
      if (!pair.value.empty()) at = copy(copy(at, pair.name), pair.value);
    }
    return at;
  }

 private:
  /// The first name that does not come after the one before it.
  [[nodiscard]] std::optional<std::string_view> out_of_order() const {
    for (std::size_t next = 1; next < size_; ++next) {
      const LabelPair& pair = slots_[order_[next]];
      if (!before(slots_[order_[next - 1]], pair)) return pair.name;
    }
    return std::nullopt;
  }

  static bool before(const LabelPair& a, const LabelPair& b) {
    const auto x = static_cast<unsigned char>(a.name.front());
    const auto y = static_cast<unsigned char>(b.name.front());
    return x != y ? x < y : a.name < b.name;
  }

  /// Most texts are short: two moves that overlap are cheaper than a call.
  static char* copy(char* to, std::string_view text) {
    const std::size_t size = text.size();
    const char* const from = text.data();
    if (size > 32) {
      std::memcpy(to, from, size);
    } else if (size >= 16) {
      std::memcpy(to, from, 16);
      std::memcpy(to + size - 16, from + size - 16, 16);
    } else if (size >= 8) {
      std::memcpy(to, from, 8);
      std::memcpy(to + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
      std::memcpy(to, from, 4);
      std::memcpy(to + size - 4, from + size - 4, 4);
    } else {
      for (std::size_t i = 0; i < size; ++i) to[i] = from[i];
    }
    to[size] = '\xFF';
    return to + size + 1;
  }

  std::vector<LabelPair> slots_;
  std::vector<std::size_t> order_;  // of the slots, by the last sort()
  std::size_t size_ = 0;
};

}  // namespace triaged::wire

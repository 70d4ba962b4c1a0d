// One line of `name=value`, separated by spaces.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "rules/model/time.hpp"

namespace triaged::log {

/// Takes `name=value` from the front, in a fixed order. Not thread-safe.
class TextFields {
 public:
  explicit TextFields(std::string_view text) : rest_(text) {}

  std::string_view text(std::string_view name) {
    if (!rest_.starts_with(name) || rest_.size() <= name.size() || rest_[name.size()] != '=') {
      good_ = false;
      return {};
    }
    rest_.remove_prefix(name.size() + 1);
    const std::string_view value = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(std::min(rest_.size(), value.size() + 1));
    return value;
  }
  template <class Number>
  void number(std::string_view name, Number& into) {
    const std::string_view digits = text(name);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), into);
    if (error != std::errc{} || end != digits.data() + digits.size()) good_ = false;
  }
  void time(std::string_view name, Time& into) {
    std::int64_t milliseconds = 0;
    number(name, milliseconds);
    into = Time{Duration{milliseconds}};
  }
  /// Everything was as it was asked for, and nothing is left.
  [[nodiscard]] bool good() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace triaged::log

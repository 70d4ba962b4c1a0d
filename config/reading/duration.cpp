#include "config/reading/duration.hpp"

#include <cstdint>
#include <iterator>

#include <fmt/format.h>

namespace triaged::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};

// The largest first: the order in which they may stand.
constexpr Unit kUnits[] = {{"y", 31'536'000'000}, {"w", 604'800'000}, {"d", 86'400'000}, {"h", 3'600'000},
                           {"m", 60'000},         {"s", 1000},        {"ms", 1}};

// Ten thousand years: no sum of such durations overflows.
constexpr std::int64_t kMost = 10'000 * kUnits[0].milliseconds;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::unexpected<TextError> fault(std::size_t offset, std::string message) {
  return std::unexpected(TextError{offset, std::move(message)});
}

}  // namespace

std::expected<Duration, TextError> parse_duration(std::string_view text) {
  if (text == "0") return Duration{0};
  if (text.empty()) return fault(0, "a duration is missing; write one such as 5m");
  std::int64_t total = 0;
  const Unit* last = nullptr;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t number_at = at;
    std::int64_t number = 0;
    for (; at < text.size() && is_digit(text[at]); ++at) {
      number = number * 10 + (text[at] - '0');
      if (number > kMost) return fault(number_at, "this duration is too long");
    }
    if (at == number_at) return fault(at, "expected a whole number here, as in 5m or 1h30m");
    const std::size_t unit_at = at;
    while (at < text.size() && is_letter(text[at])) ++at;
    const auto name = text.substr(unit_at, at - unit_at);
    if (name.empty() && at == text.size()) {
      return fault(unit_at, fmt::format("a unit is missing; write {0}s, {0}m or {0}h", number));
    }
    if (name.empty()) return fault(at, "expected a unit here: one of y, w, d, h, m, s, ms");
    const Unit* unit = std::begin(kUnits);
    while (unit != std::end(kUnits) && unit->name != name) ++unit;
    if (unit == std::end(kUnits)) {
      return fault(unit_at, fmt::format("unknown unit \"{}\"; one of y, w, d, h, m, s, ms", name));
    }
    if (last != nullptr && unit <= last) {
      return fault(number_at, fmt::format("units stand in the order y, w, d, h, m, s, ms, each once: {} does not go "
                                          "behind {}",
                                          name, last->name));
    }
    last = unit;
    if (number > (kMost - total) / unit->milliseconds) return fault(0, "this duration is too long");
    total += number * unit->milliseconds;
  }
  return Duration{total};
}

std::string format_duration(Duration duration) {
  std::int64_t rest = duration.count();
  if (rest == 0) return "0";
  std::string text;
  for (const auto& unit : kUnits) {
    if (rest < unit.milliseconds) continue;
    text += fmt::format("{}{}", rest / unit.milliseconds, unit.name);
    rest %= unit.milliseconds;
  }
  return text;
}

}  // namespace triaged::config

// Durations in Prometheus's form: 5m, 1h30m, 90s, 0.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "rules/model/time.hpp"

namespace triaged::config {

struct TextError {
  std::size_t offset = 0;  // bytes into the text
  std::string message;
};

/// Whole numbers with units y, w, d, h, m, s, ms, the larger first, each once; or 0. A year has 365 days.
[[nodiscard]] std::expected<Duration, TextError> parse_duration(std::string_view text);

/// The shortest form that parse_duration() reads: 90s gives "1m30s". Not for negative durations.
[[nodiscard]] std::string format_duration(Duration duration);

}  // namespace triaged::config

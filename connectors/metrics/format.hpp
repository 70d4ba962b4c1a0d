// The text formats of a scrape, and which one a client gets.
#pragma once

#include <cstdint>
#include <string_view>

namespace triaged::metrics {

enum class Format : std::uint8_t {
  text,         // Prometheus's text format 0.0.4
  openmetrics,  // OpenMetrics 1.0.0
};

/// By the header Accept, as Prometheus's own servers choose: the highest q first, of equal ones the first; what is
/// nothing of ours is passed over; where nothing fits, or there is no header, text.
[[nodiscard]] Format choose_format(std::string_view accept);

/// The header Content-Type.
[[nodiscard]] std::string_view content_type(Format format);

}  // namespace triaged::metrics

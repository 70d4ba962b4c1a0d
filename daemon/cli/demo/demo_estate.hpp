// The small estate that `triaged demo` plays: its catalogue, and one afternoon's alerts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/time.hpp"

namespace triaged::cli {

/// A catalogue file's text.
[[nodiscard]] std::string_view demo_catalogue();

inline constexpr Time kDemoStart{Duration{1'772'460'000'000}};  // 2026-03-02T14:00:00Z
inline constexpr Duration kDemoLength = std::chrono::minutes(24);

/// Alertmanager v2 alerts in order of arrival, one JSON object each, as a pair of Prometheus servers would send them:
/// a database fails and what depends on it follows; later, and for other reasons, the search index; a disk flaps; some
/// lone warnings; certificates that expire soon. The same seed gives the same bytes everywhere.
[[nodiscard]] std::vector<std::string> demo_alerts(std::uint64_t seed);

}  // namespace triaged::cli

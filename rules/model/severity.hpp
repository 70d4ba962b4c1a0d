// How bad an alert says that it is.
#pragma once

#include <cstdint>
#include <string_view>

namespace triaged {

/// Ordered: a higher value is worse.
enum class Severity : std::uint8_t { info, warning, minor, major, critical };

/// Reads a `severity` label. Case is ignored. Names that are not ours go by a table that docs/RULES.md prints
/// (page, error, high, …); an absent or unknown name is `warning`.
[[nodiscard]] Severity parse_severity(std::string_view text);

[[nodiscard]] std::string_view to_string(Severity severity);

}  // namespace triaged

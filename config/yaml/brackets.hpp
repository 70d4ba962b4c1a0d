// Which bracket or quote is open at a place in a text: yaml-cpp names only the place where it gave up.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace triaged::config::yaml {

/// The offset of the quote, else of the innermost bracket, that is open at the end of `text`. Follows the shape of YAML
/// closely enough to blame the right line; takes any bytes.
[[nodiscard]] std::optional<std::size_t> find_open(std::string_view text);

}  // namespace triaged::config::yaml

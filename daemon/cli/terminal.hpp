// What is known about a terminal, and text that fits on it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace triaged::cli {

/// A terminal that can move its cursor (TERM is not "dumb").
[[nodiscard]] bool is_terminal(int fd);
/// A terminal, and NO_COLOR is not set.
[[nodiscard]] bool wants_colour(int fd);

struct WindowSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};
/// The window as it is now; 80 × 24 where nobody says.
[[nodiscard]] WindowSize window_size(int fd);

/// How many columns UTF-8 text takes: 2 for wide characters, 0 for combining ones.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// Cut to at most `columns` (with "…" where something went), control characters and broken UTF-8 replaced, so that no
/// text of somebody else's can steer the terminal.
[[nodiscard]] std::string fit(std::string_view text, std::size_t columns);
/// As fit(), then filled with spaces up to `columns`.
[[nodiscard]] std::string fit_left(std::string_view text, std::size_t columns);
[[nodiscard]] std::string fit_right(std::string_view text, std::size_t columns);

}  // namespace triaged::cli

// Tables for people: aligned, and on a terminal as wide as it is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace triaged::cli {

struct Cell {
  std::string text;
  std::string_view colour = {};  // an escape sequence
};

/// One row a line; columns are as wide as they need. Where `width` is not enough, the last column is cut.
class Table {
 public:
  explicit Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  /// `width`: 0: as wide as it gets.
  [[nodiscard]] std::string render(std::size_t width, bool colour) const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<Cell>> rows_;
};

/// For standard output: its width where it is a terminal.
[[nodiscard]] std::string render(const Table& table);
/// `text` in a colour, where standard output has some.
[[nodiscard]] std::string painted(std::string_view colour, std::string_view text);
[[nodiscard]] std::string_view priority_colour(std::string_view priority);
/// "2026-03-02 09:30:00Z" of a time of the API; other text as it is.
[[nodiscard]] std::string short_time(std::string_view time);
/// "3d 4h", "4h 5m", "5m 6s", "6s": of whole seconds as the API writes them, "367.250".
[[nodiscard]] std::string short_age(std::string_view seconds);

}  // namespace triaged::cli

#include "daemon/cli/remote/table.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include <fmt/format.h>
#include <unistd.h>

#include "daemon/cli/terminal.hpp"

namespace triaged::cli {

namespace {

constexpr std::string_view kReset = "\x1b[0m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kGap = "  ";

}  // namespace

std::string Table::render(std::size_t width, bool colour) const {
  std::vector<std::size_t> widths;
  for (const auto& heading : headings_) widths.push_back(display_width(heading));
  for (const auto& row : rows_) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      // What fit() replaces is as wide as what it puts there.
      widths[column] = std::max(widths[column], display_width(fit(row[column].text, SIZE_MAX)));
    }
  }
  std::size_t before_last = 0;
  for (std::size_t column = 0; column + 1 < widths.size(); ++column) before_last += widths[column] + kGap.size();
  const bool cut = width > before_last + 8 && before_last + widths.back() > width;
  if (cut) widths.back() = width - before_last;

  std::string out;
  const auto add_row = [&](const auto& cell_at) {
    for (std::size_t column = 0; column < widths.size(); ++column) {
      const auto [text, paint] = cell_at(column);
      const bool last = column + 1 == widths.size();
      if (!paint.empty() && colour) out += paint;
      out += last ? fit(text, widths[column]) : fit_left(text, widths[column]);
      if (!paint.empty() && colour) out += kReset;
      out += last ? std::string_view("\n") : kGap;
    }
  };
  using Shown = std::pair<std::string_view, std::string_view>;
  add_row([&](std::size_t column) { return Shown(headings_[column], kBold); });
  for (const auto& row : rows_) {
    add_row([&](std::size_t column) {
      return column < row.size() ? Shown(row[column].text, row[column].colour) : Shown();
    });
  }
  return out;
}

std::string render(const Table& table) {
  return table.render(is_terminal(STDOUT_FILENO) ? window_size(STDOUT_FILENO).columns : 0, wants_colour(STDOUT_FILENO));
}

std::string painted(std::string_view colour, std::string_view text) {
  if (colour.empty() || !wants_colour(STDOUT_FILENO)) return std::string(text);
  return fmt::format("{}{}{}", colour, text, kReset);
}

std::string_view priority_colour(std::string_view priority) {
  if (priority == "P1") return "\x1b[1;31m";
  return priority == "P2" ? "\x1b[1;33m" : "";
}

std::string short_time(std::string_view time) {
  if (time.size() < 20 || time[10] != 'T') return std::string(time);
  return fmt::format("{} {}Z", time.substr(0, 10), time.substr(11, 8));
}

std::string short_age(std::string_view seconds) {
  std::int64_t count = 0;
  if (std::from_chars(seconds.data(), seconds.data() + seconds.size(), count).ec != std::errc()) return {};
  if (count >= 86'400) return fmt::format("{}d {}h", count / 86'400, count / 3600 % 24);
  if (count >= 3600) return fmt::format("{}h {}m", count / 3600, count / 60 % 60);
  if (count >= 60) return fmt::format("{}m {}s", count / 60, count % 60);
  return fmt::format("{}s", count);
}

}  // namespace triaged::cli

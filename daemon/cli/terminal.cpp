#include "daemon/cli/terminal.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

namespace triaged::cli {

namespace {

constexpr char32_t kReplacement = U'\uFFFD';
constexpr std::string_view kReplacementText = "\xEF\xBF\xBD";

struct Character {
  char32_t code = 0;
  std::size_t bytes = 1;
};

/// The first character of a text that is not empty.
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const auto lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {kReplacement, 1};
  char32_t code = lead & (0x7FU >> bytes);
  for (std::size_t at = 1; at < bytes; ++at) {
    if ((byte(at) & 0xC0U) != 0x80) return {kReplacement, 1};
    code = (code << 6U) | (byte(at) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kLeast[bytes] || code > 0x10FFFF || surrogate) return {kReplacement, 1};
  return {code, bytes};
}

struct Range {
  char32_t first;
  char32_t last;
};

template <std::size_t size>
bool in_ranges(const std::array<Range, size>& ranges, char32_t code) {
  return std::ranges::any_of(ranges, [code](Range range) { return code >= range.first && code <= range.last; });
}

/// Control characters, and those that reorder or hide what stands beside them.
bool steers(char32_t code) {
  static constexpr std::array<Range, 5> kRanges{
      {{0x00, 0x1F}, {0x7F, 0x9F}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}}};
  return in_ranges(kRanges, code);
}

std::size_t width_of(char32_t code) {
  static constexpr std::array<Range, 7> kCombining{{{0x0300, 0x036F},
                                                    {0x1AB0, 0x1AFF},
                                                    {0x1DC0, 0x1DFF},
                                                    {0x200B, 0x200D},
                                                    {0x20D0, 0x20FF},
                                                    {0xFE00, 0xFE0F},
                                                    {0xFE20, 0xFE2F}}};
  static constexpr std::array<Range, 8> kWide{{{0x1100, 0x115F},
                                               {0x2E80, 0x303E},
                                               {0x3041, 0xA4CF},
                                               {0xAC00, 0xD7A3},
                                               {0xF900, 0xFAFF},
                                               {0xFE30, 0xFE6F},
                                               {0xFF00, 0xFF60},
                                               {0x1F300, 0x3FFFD}}};
  if (code < 0x300) return 1;
  if (in_ranges(kCombining, code)) return 0;
  return in_ranges(kWide, code) ? 2 : 1;
}

}  // namespace

bool is_terminal(int fd) {
  const char* kind = std::getenv("TERM");
  return ::isatty(fd) != 0 && (kind == nullptr || std::string_view(kind) != "dumb");
}

bool wants_colour(int fd) {
  const char* refused = std::getenv("NO_COLOR");
  return is_terminal(fd) && (refused == nullptr || *refused == '\0');
}

WindowSize window_size(int fd) {
  winsize size{};
  WindowSize window;
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0) return window;
  if (size.ws_col > 0) window.columns = size.ws_col;
  if (size.ws_row > 0) window.rows = size.ws_row;
  return window;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto character = first_character(text);
    width += width_of(character.code);
    text.remove_prefix(character.bytes);
  }
  return width;
}

std::string fit(std::string_view text, std::size_t columns) {
  std::string out;
  std::size_t width = 0;
  std::size_t room_for_dots = 0;  // how long `out` was when one more column was free
  while (!text.empty()) {
    const auto character = first_character(text);
    const bool replaced = steers(character.code) || character.code == kReplacement;
    const auto needed = replaced ? 1 : width_of(character.code);
    if (width + needed > columns) {
      out.resize(room_for_dots);
      return columns == 0 ? out : out + "…";
    }
    out += replaced ? kReplacementText : text.substr(0, character.bytes);
    width += needed;
    if (width < columns) room_for_dots = out.size();
    text.remove_prefix(character.bytes);
  }
  return out;
}

std::string fit_left(std::string_view text, std::size_t columns) {
  auto out = fit(text, columns);
  out.append(columns - display_width(out), ' ');
  return out;
}

std::string fit_right(std::string_view text, std::size_t columns) {
  const auto out = fit(text, columns);
  return std::string(columns - display_width(out), ' ') + out;
}

}  // namespace triaged::cli

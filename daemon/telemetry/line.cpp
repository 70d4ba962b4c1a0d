#include "daemon/telemetry/line.hpp"

#include <iterator>

#include <fmt/format.h>

#include "connectors/wire/rfc3339.hpp"

namespace triaged::telemetry {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kCut = "\xE2\x80\xA6";          // …

std::string_view name_of(Level level) {
  switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warn: return "warn";
    case Level::error: return "error";
  }
  return "error";
}

struct Character {
  std::size_t bytes = 1;
  std::uint32_t point = 0;
  bool good = false;
};

// The character at the front of a text that is not empty; RFC 3629.
Character front(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at])); };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return {1, first, true};
  const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < bytes) return {};
  std::uint32_t point = first & (0x7FU >> bytes);
  for (std::size_t at = 1; at < bytes; ++at) {
    if ((byte(at) & 0xC0U) != 0x80) return {};
    point = point << 6U | (byte(at) & 0x3FU);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  if (point < kLeast[bytes] || surrogate || point > 0x10FFFF) return {};
  return {bytes, point, true};
}

// Moves a terminal's cursor, ends a line somewhere, or turns the direction of what follows.
bool is_harmful(std::uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x2028 || point == 0x2029 ||
         (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

// In quotes, as JSON has it.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  std::size_t written = 0;
  while (!text.empty()) {
    const Character character = front(text);
    if (written + character.bytes > kMostFieldBytes) {
      out += kCut;
      break;
    }
    written += character.bytes;
    if (!character.good) {
      out += kReplacement;
    } else if (character.point == '"' || character.point == '\\') {
      out += '\\';
      out += text[0];
    } else if (character.point == '\n') {
      out += "\\n";
    } else if (is_harmful(character.point)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", character.point);
    } else {
      out += text.substr(0, character.bytes);
    }
    text.remove_prefix(character.bytes);
  }
  out += '"';
}

bool may_stand_bare(std::string_view text) {
  if (text.empty() || text.size() > kMostFieldBytes) return false;
  for (const char c : text) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7F) return false;  // beyond ASCII is below 0
  }
  return true;
}

class LineWriter {
 public:
  explicit LineWriter(Format format) : json_(format == Format::json) {
    if (json_) text_ += '{';
  }

  void add(std::string_view key, std::string_view value, bool text) {
    const std::size_t before = text_.size();
    if (!first_) text_ += json_ ? ',' : ' ';
    if (json_) text_ += '"';
    text_ += key;
    text_ += json_ ? "\":" : "=";
    if (!text || (!json_ && may_stand_bare(value))) {
      text_ += value;
    } else {
      append_quoted(text_, value);
    }
    if (text_.size() + kEnd > kMostLineBytes) {
      text_.resize(before);
      return;
    }
    first_ = false;
  }

  std::string finish() {
    text_ += json_ ? "}\n" : "\n";
    return std::move(text_);
  }

 private:
  static constexpr std::size_t kEnd = 2;
  bool json_;
  bool first_ = true;
  std::string text_;
};

}  // namespace

Line& Line::add(std::string_view key, std::string_view value) {
  if (!value.empty()) fields_.push_back({key, std::string(value), true});
  return *this;
}

std::string format_line(const Line& line, Format format, Time time, std::uint64_t suppressed) {
  std::string stamp;
  wire::append_time(stamp, time);
  LineWriter writer(format);
  writer.add("time", stamp, true);
  writer.add("level", name_of(line.level()), true);
  writer.add("event", line.event(), true);
  writer.add("msg", line.message(), true);
  if (suppressed > 0) writer.add("suppressed", std::to_string(suppressed), false);
  for (const auto& field : line.fields()) writer.add(field.key, field.value, field.text);
  return writer.finish();
}

}  // namespace triaged::telemetry

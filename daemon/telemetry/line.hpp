// One line of the log, as a value.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings/settings.hpp"
#include "rules/model/time.hpp"

namespace triaged::telemetry {

using Level = config::LogSettings::Level;
using Format = config::LogSettings::Format;

/// Texts may hold anything: what is no harmless character is escaped when the line is written.
class Line {
 public:
  struct Field {
    std::string_view key;  // a literal
    std::string value;
    bool text = true;  // else a number, written bare
  };

  /// `event` names the kind and is what repeats are limited by; both are literals.
  Line(Level level, std::string_view event, std::string_view message)
      : level_(level), event_(event), message_(message) {}

  /// Texts that are empty are left out.
  Line& add(std::string_view key, std::string_view value);
  template <std::integral T>
  Line& add(std::string_view key, T value) {
    fields_.push_back({key, std::to_string(value), false});
    return *this;
  }
  /// In milliseconds, as the key should say.
  Line& add(std::string_view key, Duration value) { return add(key, value.count()); }

  [[nodiscard]] Level level() const { return level_; }
  [[nodiscard]] std::string_view event() const { return event_; }
  [[nodiscard]] std::string_view message() const { return message_; }
  [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }

 private:
  Level level_;
  std::string_view event_;
  std::string_view message_;
  std::vector<Field> fields_;
};

/// Of a text in a field; what is longer is cut and ends in "…".
inline constexpr std::size_t kMostFieldBytes = 1024;
/// Of a line with its end: a pipe takes so much in one piece. Fields that would go beyond it are left out.
inline constexpr std::size_t kMostLineBytes = 4096;

/// time, level, event, msg, then the fields; `suppressed`: so many like it were left out before (0: not said). Ends
/// with a newline. Control characters, those of Unicode too, are escaped; bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string format_line(const Line& line, Format format, Time time, std::uint64_t suppressed = 0);

}  // namespace triaged::telemetry

// The text of one file that a person wrote, and the faults found in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.hpp"

namespace triaged::config::yaml {

/// Both 1-based; the column counts characters. Line 0: the file as a whole.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

/// A file's name and text, with a byte order mark taken off and CRLF turned into LF. Immutable.
class Source {
 public:
  Source(std::string name, std::string text);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] std::uint32_t lines() const { return static_cast<std::uint32_t>(line_starts_.size()); }
  /// Without its line end. `number` is 1-based; empty where there is no such line.
  [[nodiscard]] std::string_view line(std::uint32_t number) const;
  /// Byte offsets into text(), clamped to it.
  [[nodiscard]] std::size_t offset(Position position) const;
  [[nodiscard]] Position position(std::size_t offset) const;
  /// From what yaml-cpp counts: a line and a byte in it, both from 0.
  [[nodiscard]] Position position_of(int line, int byte) const;

 private:
  [[nodiscard]] std::size_t characters_before(std::size_t offset) const;

  std::string name_;
  std::string text_;
  std::vector<std::size_t> line_starts_;
  // Characters before each kStride-th byte, so that places in one very long line are found fast; empty: all ASCII.
  std::vector<std::size_t> checkpoints_;
};

/// Collects the faults of one file. Keeps at most kMost of them, and says so at the end.
class Faults {
 public:
  static constexpr std::size_t kMost = 1000;

  explicit Faults(const Source& source) : source_(&source) {}

  void error(Position at, const std::string& message) { add(Diagnostic::Level::error, at, message); }
  void warning(Position at, const std::string& message) { add(Diagnostic::Level::warning, at, message); }
  [[nodiscard]] const Source& source() const { return *source_; }
  [[nodiscard]] bool any_errors() const { return has_errors(found_); }
  /// Whether lines were left out to read the rest: then what is missing is no fault.
  void set_mended() { mended_ = true; }
  [[nodiscard]] bool mended() const { return mended_; }
  [[nodiscard]] std::size_t count() const { return found_.size() + left_out_; }
  /// In the order of their places.
  [[nodiscard]] Diagnostics sorted() const;

 private:
  void add(Diagnostic::Level level, Position at, const std::string& message);
  const Source* source_;
  Diagnostics found_;
  std::size_t left_out_ = 0;
  bool mended_ = false;
};

/// Whether the bytes are text at all: UTF-8, no NUL and no other control characters but tab and line ends.
[[nodiscard]] bool check_text(const Source& source, Faults& faults);

/// Control characters as \xNN, so that a message is one harmless line.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace triaged::config::yaml

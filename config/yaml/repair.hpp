// Taking broken lines out of a text, so that the rest of it can be read.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "config/yaml/source.hpp"

namespace triaged::config::yaml {

/// A copy of a source's text, line for line, in which broken lines can be mended. Not thread-safe.
class Repair {
 public:
  /// Tabs in the indentation become spaces.
  explicit Repair(const Source& source);

  [[nodiscard]] std::string text() const;
  /// Where kBrokenValue stands in for what the source has.
  [[nodiscard]] const std::set<Position>& broken() const { return broken_; }

  /// Mends `line` (1-based): the first time its value alone, the second time the whole of it. Lines that are indented
  /// deeper go with it. False where there is nothing left to try.
  bool mend(std::uint32_t line);
  /// Whether mend() changed the line.
  [[nodiscard]] bool touched(std::uint32_t line) const { return touched_.contains(line); }

 private:
  void blank(std::size_t line);
  void blank_deeper(std::size_t line, std::size_t indent);

  std::vector<std::string> lines_;
  std::set<Position> broken_;
  std::set<std::uint32_t> touched_;
  std::set<std::uint32_t> blanked_;
};

/// For each line with a tab in its indentation, the place of the first one.
[[nodiscard]] std::vector<Position> tabs_in_indentation(const Source& source);

}  // namespace triaged::config::yaml

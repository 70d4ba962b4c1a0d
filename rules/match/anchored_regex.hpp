// A regular expression that must match the whole of a text: RE2's syntax, bounded in size and memory.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace triaged {

/// Immutable, cheap to copy, safe to use from many threads. The default matches nothing.
class AnchoredRegex {
 public:
  /// Longer patterns are refused.
  static constexpr std::size_t kMaxPatternBytes = 4096;
  enum class Dot : bool { not_newline, any };  // what `.` matches

  /// The error says what RE2 finds wrong with the pattern.
  static std::expected<AnchoredRegex, std::string> compile(std::string_view pattern, Dot dot);

  [[nodiscard]] bool matches(std::string_view text) const;
  /// Also gives the groups, 0 being the whole; views of `text`, empty where a group took no part.
  [[nodiscard]] bool matches(std::string_view text, std::vector<std::string_view>& groups) const;
  /// How many groups there are besides the whole.
  [[nodiscard]] std::size_t group_count() const;
  /// The number of a named group, or -1.
  [[nodiscard]] int group(const std::string& name) const;

 private:
  // A pattern that is only literals between bars (a|b|c) needs no automaton: sorted, unique.
  std::shared_ptr<const std::vector<std::string>> literals_;
  std::shared_ptr<const re2::RE2> regex_;
};

}  // namespace triaged

// Matchers on labels, with Alertmanager's syntax and meaning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "rules/match/anchored_regex.hpp"
#include "rules/model/labels.hpp"

namespace triaged {

enum class MatchOp : std::uint8_t { equal, not_equal, regex, not_regex };

struct MatchError {
  std::size_t offset = 0;  // bytes into the text
  std::string message;
};

/// One condition on one label: `name="value"`, `!=`, `=~`, `!~`. An absent label has the value "". Regular expressions
/// are RE2's and anchored at both ends. Immutable, cheap to copy, safe to use from many threads.
class Matcher {
 public:
  static std::expected<Matcher, MatchError> make(std::string name, MatchOp op, std::string value);
  /// Alertmanager's form; the value must be quoted ("UTF-8 matchers"), the name may be. Escapes: \" \\ \n.
  static std::expected<Matcher, MatchError> parse(std::string_view text);

  [[nodiscard]] bool matches(LabelsView labels) const { return matches_value(labels.get(name_)); }
  [[nodiscard]] bool matches_value(std::string_view value) const;
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] MatchOp op() const { return op_; }
  [[nodiscard]] const std::string& value() const { return value_; }
  /// The form that parse() reads.
  [[nodiscard]] std::string text() const;

 private:
  Matcher() = default;
  std::string name_;
  std::string value_;
  MatchOp op_ = MatchOp::equal;
  AnchoredRegex regex_;
};

/// All must hold; an empty list holds for every alert.
using Matchers = std::vector<Matcher>;

[[nodiscard]] bool matches_all(const Matchers& matchers, LabelsView labels);

/// The first matcher that does not hold, or nullptr: what an explanation names.
[[nodiscard]] const Matcher* first_failing(const Matchers& matchers, LabelsView labels);

}  // namespace triaged

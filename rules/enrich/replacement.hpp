// `$1`, `${1}`, `$name`, `${name}` and `$$` in relabelling, with the meaning of Go's regexp.Expand.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/match/anchored_regex.hpp"

namespace triaged {

/// A replacement text, compiled for one regular expression. A name takes as many letters, digits and underscores as
/// follow, so `$1x` means the group "1x"; a group that does not exist gives nothing; a `$` that starts no reference
/// stands for itself. Immutable, thread-safe.
class Replacement {
 public:
  Replacement() = default;
  Replacement(std::string_view text, const AnchoredRegex& regex);

  /// `groups` as AnchoredRegex::matches gave them; may hold fewer groups than the expression.
  [[nodiscard]] std::string expand(const std::vector<std::string_view>& groups) const;

 private:
  static constexpr int kText = -1;
  struct Part {
    int group = kText;
    std::string text;
  };
  void add_text(std::string_view text);
  void add_reference(std::string_view name, const AnchoredRegex& regex);
  std::vector<Part> parts_;
};

}  // namespace triaged

// Titles with placeholders: substitution only, nothing is computed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/labels.hpp"

namespace triaged {

struct TemplateError {
  std::size_t offset = 0;  // bytes into the text
  std::string message;
};

/// `{{ $labels.name }}`, `{{ $root }}` and `{{ $count }}` in a text. Immutable, thread-safe.
class Template {
 public:
  static std::expected<Template, TemplateError> parse(std::string_view text);
  /// Nothing where a placeholder has nothing to stand for: an absent label, no root.
  [[nodiscard]] std::optional<std::string> render(LabelsView labels, std::string_view root, std::uint64_t count) const;

 private:
  struct Part {
    enum class Kind : std::uint8_t { text, label, root, count } kind = Kind::text;
    std::string text;  // the text, or the label's name
  };
  static std::expected<Part, TemplateError> placeholder(std::string_view inner, std::size_t offset);
  std::vector<Part> parts_;
};

}  // namespace triaged

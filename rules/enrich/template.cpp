#include "rules/enrich/template.hpp"

#include <utility>

namespace triaged {
namespace {

constexpr std::string_view kLabelsPrefix = "$labels.";

// As Prometheus has them: [a-zA-Z_][a-zA-Z0-9_]*
bool is_label_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!good) return false;
  }
  return true;
}

}  // namespace

std::expected<Template::Part, TemplateError> Template::placeholder(std::string_view inner, std::size_t offset) {
  const auto begin = inner.find_first_not_of(" \t");
  if (begin == std::string_view::npos)
    return std::unexpected(TemplateError{offset, "nothing stands between {{ and }}"});
  const auto word = inner.substr(begin, inner.find_last_not_of(" \t") + 1 - begin);
  offset += begin;
  if (word == "$root") return Part{Part::Kind::root, {}};
  if (word == "$count") return Part{Part::Kind::count, {}};
  if (word.starts_with(kLabelsPrefix)) {
    const auto name = word.substr(kLabelsPrefix.size());
    if (is_label_name(name)) return Part{Part::Kind::label, std::string(name)};
    return std::unexpected(
        TemplateError{offset + kLabelsPrefix.size(), "\"" + std::string(name) + "\" is no label name"});
  }
  return std::unexpected(TemplateError{
      offset, "unknown placeholder \"" + std::string(word) + "\": known are $labels.NAME, $root and $count"});
}

std::expected<Template, TemplateError> Template::parse(std::string_view text) {
  Template result;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto open = text.find("{{", at);
    if (open == std::string_view::npos) break;
    if (open > at) result.parts_.push_back({Part::Kind::text, std::string(text.substr(at, open - at))});
    const auto close = text.find("}}", open + 2);
    if (close == std::string_view::npos) return std::unexpected(TemplateError{open, "{{ without its }}"});
    auto part = placeholder(text.substr(open + 2, close - open - 2), open + 2);
    if (!part) return std::unexpected(std::move(part.error()));
    result.parts_.push_back(std::move(*part));
    at = close + 2;
  }
  if (at < text.size()) result.parts_.push_back({Part::Kind::text, std::string(text.substr(at))});
  return result;
}

std::optional<std::string> Template::render(LabelsView labels, std::string_view root, std::uint64_t count) const {
  std::string out;
  for (const auto& part : parts_) {
    const auto before = out.size();
    switch (part.kind) {
      case Part::Kind::text: out += part.text; break;
      case Part::Kind::label: out += labels.get(part.text); break;
      case Part::Kind::root: out += root; break;
      case Part::Kind::count: out += std::to_string(count); break;
    }
    if (out.size() == before) return std::nullopt;
  }
  return out;
}

}  // namespace triaged

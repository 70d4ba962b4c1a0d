#include "rules/enrich/replacement.hpp"

#include <algorithm>

#include <re2/re2.h>

namespace triaged {
namespace {

// The size of the reference behind a `$`, braces included, or 0 where none stands there. Letters are Unicode's.
std::size_t reference_size(std::string_view text) {
  static const re2::RE2 kReference(R"(\{[\pL\p{Nd}_]+\}|[\pL\p{Nd}_]+)");
  re2::StringPiece found;
  if (!kReference.Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), re2::RE2::ANCHOR_START, &found,
                        1)) {
    return 0;
  }
  return found.size();
}

// A group's number as Go reads it: decimal, without leading zeros, below 1e8; else -1, and it is a name.
int group_number(std::string_view name) {
  if (name.size() > 8 || (name.size() > 1 && name[0] == '0')) return -1;
  int number = 0;
  for (const char c : name) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

}  // namespace

Replacement::Replacement(std::string_view text, const AnchoredRegex& regex) {
  for (;;) {
    const auto dollar = text.find('$');
    add_text(text.substr(0, dollar));
    if (dollar == std::string_view::npos) return;
    text.remove_prefix(dollar + 1);
    if (text.starts_with('$')) {
      add_text("$");
      text.remove_prefix(1);
      continue;
    }
    const auto size = reference_size(text);
    if (size == 0) {
      add_text("$");
      continue;
    }
    auto name = text.substr(0, size);
    if (name.starts_with('{')) name = name.substr(1, size - 2);
    add_reference(name, regex);
    text.remove_prefix(size);
  }
}

void Replacement::add_text(std::string_view text) {
  if (text.empty()) return;
  if (parts_.empty() || parts_.back().group != kText) parts_.emplace_back();
  parts_.back().text += text;
}

void Replacement::add_reference(std::string_view name, const AnchoredRegex& regex) {
  const auto number = group_number(name);
  const auto group = number >= 0 ? number : regex.group(std::string(name));
  if (group >= 0) parts_.push_back({group, {}});
}

std::string Replacement::expand(const std::vector<std::string_view>& groups) const {
  std::string out;
  for (const auto& part : parts_) {
    if (part.group == kText) {
      out += part.text;
    } else if (static_cast<std::size_t>(part.group) < groups.size()) {
      out += groups[static_cast<std::size_t>(part.group)];
    }
  }
  return out;
}

}  // namespace triaged

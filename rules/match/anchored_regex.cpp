#include "rules/match/anchored_regex.hpp"

#include <algorithm>
#include <utility>

#include <re2/re2.h>

namespace triaged {
namespace {

constexpr std::int64_t kMaxMemoryBytes = 4 << 20;

bool is_literal_alternation(std::string_view pattern) {
  return pattern.find_first_of("\\.+*?()[]{}^$") == std::string_view::npos;
}

std::vector<std::string> split_alternatives(std::string_view pattern) {
  std::vector<std::string> parts;
  for (;;) {
    const auto bar = pattern.find('|');
    parts.emplace_back(pattern.substr(0, bar));
    if (bar == std::string_view::npos) break;
    pattern.remove_prefix(bar + 1);
  }
  std::sort(parts.begin(), parts.end());
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
  return parts;
}

// `\C` takes half a character, which would let captures break UTF-8; Prometheus's own library refuses it too.
bool takes_single_bytes(std::string_view pattern) {
  for (std::size_t at = 0; at + 1 < pattern.size(); ++at) {
    if (pattern[at] != '\\') continue;
    if (pattern[at + 1] == 'C') return true;
    ++at;
  }
  return false;
}

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::expected<AnchoredRegex, std::string> AnchoredRegex::compile(std::string_view pattern, Dot dot) {
  if (pattern.size() > kMaxPatternBytes) return std::unexpected("the regular expression is longer than 4096 bytes");
  if (takes_single_bytes(pattern)) return std::unexpected("\\C is not supported");
  AnchoredRegex regex;
  if (is_literal_alternation(pattern)) {
    regex.literals_ = std::make_shared<const std::vector<std::string>>(split_alternatives(pattern));
    return regex;
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxMemoryBytes);
  options.set_dot_nl(dot == Dot::any);
  auto compiled = std::make_shared<const re2::RE2>(piece(pattern), options);
  if (!compiled->ok()) return std::unexpected(compiled->error());
  regex.regex_ = std::move(compiled);
  return regex;
}

bool AnchoredRegex::matches(std::string_view text) const {
  if (literals_ != nullptr) return std::binary_search(literals_->begin(), literals_->end(), text);
  return regex_ != nullptr && regex_->Match(piece(text), 0, text.size(), re2::RE2::ANCHOR_BOTH, nullptr, 0);
}

bool AnchoredRegex::matches(std::string_view text, std::vector<std::string_view>& groups) const {
  groups.assign(group_count() + 1, std::string_view());
  if (regex_ == nullptr) {
    groups[0] = text;
    return matches(text);
  }
  std::vector<re2::StringPiece> pieces(groups.size());
  if (!regex_->Match(piece(text), 0, text.size(), re2::RE2::ANCHOR_BOTH, pieces.data(),
                     static_cast<int>(pieces.size()))) {
    return false;
  }
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i] = std::string_view(pieces[i].data(), pieces[i].size());
  return true;
}

std::size_t AnchoredRegex::group_count() const {
  return regex_ == nullptr ? 0 : static_cast<std::size_t>(regex_->NumberOfCapturingGroups());
}

int AnchoredRegex::group(const std::string& name) const {
  if (regex_ == nullptr) return -1;
  const auto& groups = regex_->NamedCapturingGroups();
  const auto found = groups.find(name);
  return found == groups.end() ? -1 : found->second;
}

}  // namespace triaged

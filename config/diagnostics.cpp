#include "config/diagnostics.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace triaged::config {
namespace {

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Insertions, deletions, substitutions and swaps of neighbours; `limit` + 1 where it is more than `limit`.
std::size_t distance(std::string_view a, std::string_view b, std::size_t limit) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > limit) return limit + 1;
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    std::size_t best = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t swap_cost = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + swap_cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
      best = std::min(best, row[j]);
    }
    if (best > limit) return limit + 1;
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

}  // namespace

bool has_errors(const Diagnostics& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& diagnostic) { return diagnostic.level == Diagnostic::Level::error; });
}

std::string render(const Diagnostic& diagnostic) {
  const std::string_view level = diagnostic.level == Diagnostic::Level::error ? "error" : "warning";
  if (diagnostic.line == 0) return fmt::format("{}: {}: {}", diagnostic.file, level, diagnostic.message);
  std::string text =
      fmt::format("{}:{}:{}: {}: {}", diagnostic.file, diagnostic.line, diagnostic.column, level, diagnostic.message);
  if (diagnostic.source_line.empty() || diagnostic.caret == 0) return text;
  text += "\n  " + diagnostic.source_line + "\n  ";
  // A tab stays a tab, so that the caret stands under its character whatever the terminal's tab stops are.
  std::uint32_t at = 1;
  for (const char c : diagnostic.source_line) {
    if (at >= diagnostic.caret) break;
    if (continues_character(c)) continue;
    text.push_back(c == '\t' ? '\t' : ' ');
    ++at;
  }
  text.append(diagnostic.caret - at, ' ');
  text.push_back('^');
  return text;
}

std::string nearest(const std::string& word, const std::vector<std::string>& known) {
  std::size_t limit = word.size() <= 3 ? 1 : word.size() <= 7 ? 2 : 3;
  std::string best;
  for (const auto& candidate : known) {
    const std::size_t far = distance(word, candidate, limit);
    // Nothing in common is no suggestion.
    if (far > limit || far >= std::max(word.size(), candidate.size())) continue;
    best = candidate;
    if (far == 0) break;
    limit = far - 1;
  }
  return best;
}

}  // namespace triaged::config

#include "config/yaml/concealment.hpp"

#include <algorithm>
#include <array>

namespace triaged::config::yaml {
namespace {

constexpr std::string_view kInKey = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
constexpr std::array<std::string_view, 5> kWords{"pass", "pasw", "secret", "oauthbearer.config", "key.pem"};

bool names_secret(std::string_view key) {
  std::string lower(key);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (lower.ends_with("_file")) return false;
  return std::ranges::any_of(kWords, [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

/// The key that ends before `colon`, without its quotes.
std::string_view key_before(std::string_view line, std::size_t colon) {
  std::size_t end = colon;
  while (end > 0 && (line[end - 1] == ' ' || line[end - 1] == '"' || line[end - 1] == '\'')) --end;
  std::size_t begin = end;
  while (begin > 0 && kInKey.find(line[begin - 1]) != std::string_view::npos) --begin;
  return line.substr(begin, end - begin);
}

/// Where the value that begins at `begin` ends: at its closing quote, else at the end of the line.
std::size_t end_of_value(std::string_view line, std::size_t begin) {
  const char quote = line[begin];
  if (quote != '"' && quote != '\'') return line.size();
  for (std::size_t at = begin + 1; at < line.size(); ++at) {
    if (quote == '"' && line[at] == '\\') {
      ++at;
    } else if (line[at] == quote) {
      if (quote == '"' || at + 1 >= line.size() || line[at + 1] != quote) return at + 1;
      ++at;
    }
  }
  return line.size();
}

/// "${env:NAME}" and nothing else.
bool is_reference(std::string_view value) {
  if (value.size() > 2 && (value.front() == '"' || value.front() == '\'')) value = value.substr(1, value.size() - 2);
  if (!value.starts_with("${env:")) return false;
  const auto brace = value.find('}');
  if (brace == std::string_view::npos) return false;
  return value.find_first_not_of(" }", brace) == std::string_view::npos || value[brace + 1] == ',';
}

}  // namespace

std::string conceal_secrets(std::string_view line) {
  std::string shown(line);
  for (auto colon = line.find(':'); colon != std::string_view::npos;) {
    std::size_t next = colon + 1;
    const std::size_t begin = line.find_first_not_of(' ', next);
    if (begin != std::string_view::npos && names_secret(key_before(line, colon))) {
      const std::size_t end = end_of_value(line, begin);
      if (!is_reference(line.substr(begin, end - begin))) {
        std::fill(shown.begin() + static_cast<std::ptrdiff_t>(begin), shown.begin() + static_cast<std::ptrdiff_t>(end),
                  '*');
        next = end;
      }
    }
    colon = line.find(':', next);
  }
  return shown;
}

}  // namespace triaged::config::yaml

#include "config/yaml/matcher_text.hpp"

#include <algorithm>

namespace triaged::config::yaml {
namespace {

bool name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Behind the operator that ends before `at`, or npos where there is none.
std::size_t operator_before(std::string_view text, std::size_t at) {
  for (const std::string_view op : {"=~", "!~", "!=", "="}) {
    if (text.substr(0, at).ends_with(op)) return at - op.size();
  }
  return std::string_view::npos;
}

std::size_t skip_spaces_back(std::string_view text, std::size_t at) {
  while (at > 0 && text[at - 1] == ' ') --at;
  return at;
}

}  // namespace

std::string_view find_matcher(std::string_view text) {
  for (auto quote = text.find('"'); quote != std::string_view::npos; quote = text.find('"', quote + 1)) {
    const std::size_t op = operator_before(text, skip_spaces_back(text, quote));
    if (op == std::string_view::npos) continue;
    const std::size_t name_end = skip_spaces_back(text, op);
    std::size_t name = name_end;
    if (name > 0 && text[name - 1] == '"') {
      const auto open = name >= 2 ? text.rfind('"', name - 2) : std::string_view::npos;
      if (open == std::string_view::npos) continue;
      name = open;
    } else {
      while (name > 0 && name_character(text[name - 1])) --name;
    }
    if (name == name_end) continue;
    std::size_t end = quote + 1;
    while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
    if (end >= text.size()) return {};
    return text.substr(name, end + 1 - name);
  }
  return {};
}

std::string in_single_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out.push_back('\'');
    out.push_back(c);
  }
  out.push_back('\'');
  return out;
}

}  // namespace triaged::config::yaml

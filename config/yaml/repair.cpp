#include "config/yaml/repair.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "config/yaml/builder.hpp"

namespace triaged::config::yaml {
namespace {

bool word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

std::size_t indent_of(std::string_view line) { return std::min(line.find_first_not_of(' '), line.size()); }

bool is_blank(std::string_view line) {
  const auto at = line.find_first_not_of(" \t");
  return at == std::string_view::npos || line[at] == '#';
}

// Behind the spaces and the dashes of list entries.
std::size_t content_of(std::string_view line) {
  std::size_t at = indent_of(line);
  while (line.substr(at).starts_with("- ")) at += 2 + indent_of(line.substr(at + 2));
  return at;
}

// What stands before a line's value.
struct Head {
  std::size_t value = 0;   // where the value begins
  std::size_t indent = 0;  // what is indented deeper than this belongs to the value
};

std::optional<Head> head_of(std::string_view line) {
  const std::size_t content = content_of(line);
  std::size_t end = content;
  while (end < line.size() && word_character(line[end])) ++end;
  if (end > content && line.substr(end).starts_with(": ")) return Head{end + 2, content};
  if (content > indent_of(line)) return Head{content, line.rfind('-', content)};
  return std::nullopt;
}

// Where the first tab is, of those that stand where YAML counts spaces; npos: none.
std::size_t tab_in(std::string_view line) {
  if (is_blank(line)) return std::string_view::npos;
  std::size_t at = 0;
  while (at < line.size() && (line[at] == ' ' || line.substr(at).starts_with("- "))) ++at;
  if (at < line.size() && line[at] == '\t') return at;
  return line.substr(at).starts_with("-\t") ? at + 1 : std::string_view::npos;
}

}  // namespace

Repair::Repair(const Source& source) {
  lines_.reserve(source.lines());
  for (std::uint32_t number = 1; number <= source.lines(); ++number) {
    auto& line = lines_.emplace_back(source.line(number));
    for (auto tab = tab_in(line); tab != std::string::npos; tab = tab_in(line)) line[tab] = ' ';
  }
}

std::string Repair::text() const {
  std::string text;
  for (const auto& line : lines_) text.append(line).push_back('\n');
  return text;
}

void Repair::blank(std::size_t line) {
  lines_[line].clear();
  const auto number = static_cast<std::uint32_t>(line + 1);
  touched_.insert(number);
  broken_.erase(broken_.lower_bound({number, 0}), broken_.upper_bound({number, UINT32_MAX}));
}

void Repair::blank_deeper(std::size_t line, std::size_t indent) {
  for (++line; line < lines_.size(); ++line) {
    if (is_blank(lines_[line])) continue;
    if (indent_of(lines_[line]) <= indent) return;
    blank(line);
  }
}

bool Repair::mend(std::uint32_t number) {
  if (number == 0 || number > lines_.size()) return false;
  const std::size_t at = number - 1;
  auto& line = lines_[at];
  if (!touched(number)) {
    touched_.insert(number);
    if (const auto head = head_of(line)) {
      line.replace(head->value, std::string::npos, kBrokenValue);
      broken_.insert({number, static_cast<std::uint32_t>(head->value + 1)});
      blank_deeper(at, head->indent);
      return true;
    }
  }
  if (!blanked_.insert(number).second) return false;
  const std::size_t indent = indent_of(line);
  blank(at);
  blank_deeper(at, indent);
  return true;
}

std::vector<Position> tabs_in_indentation(const Source& source) {
  std::vector<Position> found;
  for (std::uint32_t number = 1; number <= source.lines(); ++number) {
    const auto tab = tab_in(source.line(number));
    // What stands before it is spaces and dashes, so bytes are characters.
    if (tab != std::string_view::npos) found.push_back({number, static_cast<std::uint32_t>(tab + 1)});
  }
  return found;
}

}  // namespace triaged::config::yaml

#include <fmt/format.h>

#include "config/reading/values.hpp"
#include "config/yaml/matcher_text.hpp"

namespace triaged::config {
namespace {

using yaml::Faults;
using yaml::Node;

constexpr std::string_view kForm = "a matcher is a text such as 'alertname=\"HostDown\"'";

// What stands in the file from a node to the end of its line.
std::string_view written_at(const Node& node, const yaml::Source& source) {
  const auto line = source.line(node.at.line);
  return line.substr(source.offset(node.at) - source.offset({node.at.line, 1}));
}

// The text in single quotes that the author most likely meant; empty: no idea.
std::string meant(const Node& node, const yaml::Source& source) {
  auto written = written_at(node, source);
  while (written.starts_with('[') || written.starts_with('{') || written.starts_with(' ')) written.remove_prefix(1);
  const auto matcher = yaml::find_matcher(written);
  if (!matcher.empty() && written.starts_with(matcher)) return yaml::in_single_quotes(matcher);
  // {alertname: HostDown}
  if (node.is(Node::Kind::map) && node.children.size() == 1 && node.children[0].is(Node::Kind::scalar)) {
    return yaml::in_single_quotes(fmt::format("{}=\"{}\"", node.children[0].key, node.children[0].text));
  }
  return {};
}

std::string with_hint(std::string message, std::string_view prefix, const std::string& quoted) {
  return quoted.empty() ? fmt::format("{}; {}", message, kForm)
                        : fmt::format("{}; write {}{}", message, prefix, quoted);
}

// A number, true or false: no text.
bool is_value(std::string_view text) {
  return text == "true" || text == "false" || text.find_first_not_of("+-.0123456789") == std::string_view::npos;
}

void read_matcher(const Node& node, Faults& faults, Matchers& into) {
  if (node.is(Node::Kind::broken)) return;
  const auto& source = faults.source();
  const std::string_view dash = node.flow && !node.is(Node::Kind::map) ? "" : "- ";
  const bool bare_value = node.is(Node::Kind::scalar) && !node.quoted && is_value(node.text);
  if (!node.is(Node::Kind::scalar) || bare_value) {
    faults.error(node.at,
                 with_hint(fmt::format("YAML reads {} here, not a matcher", bare_value ? node.text : describe(node)),
                           dash, meant(node, source)));
    return;
  }
  auto matcher = Matcher::parse(node.text);
  if (matcher) {
    into.push_back(std::move(*matcher));
    return;
  }
  if (!node.quoted) {
    // `- summary=~"a #b"`: YAML ends the text where a comment begins.
    const auto whole = yaml::find_matcher(written_at(node, source));
    if (whole.size() > node.text.size() && whole.starts_with(node.text)) {
      faults.error(place_in(node, node.text.size(), source),
                   with_hint("YAML takes what follows for a comment", dash, yaml::in_single_quotes(whole)));
      return;
    }
  }
  faults.error(place_in(node, matcher.error().offset, source), matcher.error().message);
}

const std::vector<Node>* read_matcher_list(const Node& node, Faults& faults) {
  if (node.is(Node::Kind::sequence)) return &node.children;
  if (node.is(Node::Kind::broken)) return nullptr;
  std::string list;
  if (const auto quoted = meant(node, faults.source()); !quoted.empty()) list = fmt::format("[{}]", quoted);
  faults.error(node.at, with_hint(fmt::format("expected a list of matchers, found {}", describe(node)), "", list));
  return nullptr;
}

}  // namespace

Matchers read_matchers(const Node& node, Faults& faults) {
  Matchers matchers;
  const auto* entries = read_matcher_list(node, faults);
  if (entries == nullptr) return matchers;
  matchers.reserve(entries->size());
  for (const Node& entry : *entries) read_matcher(entry, faults, matchers);
  return matchers;
}

std::vector<Matchers> read_matcher_groups(const Node& node, Faults& faults) {
  std::vector<Matchers> groups;
  const auto* entries = read_matcher_list(node, faults);
  if (entries == nullptr || entries->empty()) return groups;
  const bool nested = entries->front().is(Node::Kind::sequence);
  Matchers all;
  for (const Node& entry : *entries) {
    if (entry.is(Node::Kind::sequence) != nested && !entry.is(Node::Kind::broken)) {
      faults.error(entry.at, "either all entries are matchers or all are lists of them");
    } else if (!nested) {
      read_matcher(entry, faults, all);
    } else if (entry.is(Node::Kind::sequence) && entry.children.empty()) {
      faults.error(entry.at, "a group without a matcher would take every alert");
    } else {
      groups.push_back(read_matchers(entry, faults));
    }
  }
  if (!nested) groups.push_back(std::move(all));
  return groups;
}

}  // namespace triaged::config

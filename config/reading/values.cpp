#include "config/reading/values.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/diagnostics.hpp"
#include "config/reading/duration.hpp"

namespace triaged::config {
namespace {

using yaml::Faults;
using yaml::Node;

constexpr std::size_t kFew = 8;

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// How a message begins that is about a value.
std::string subject(const Node& node) { return node.key.empty() ? "this" : fmt::format("\"{}\"", node.key); }

// Reports what is no scalar. False: there is nothing to read.
bool check_scalar(const Node& node, Faults& faults, std::string_view expected) {
  if (node.is(Node::Kind::scalar)) return true;
  if (!node.is(Node::Kind::broken)) {
    faults.error(node.at, fmt::format("expected {}, found {}", expected, describe(node)));
  }
  return false;
}

}  // namespace

yaml::Position place_in(const Node& scalar, std::size_t offset, const yaml::Source& source) {
  const std::size_t begin = source.offset(scalar.at);
  const auto written = source.text().substr(begin);
  // The text stands there as it is: plain, or quoted without escapes.
  for (const std::size_t quote : {std::size_t{0}, std::size_t{1}}) {
    if (written.substr(std::min(quote, written.size())).starts_with(scalar.text)) {
      return source.position(begin + quote + std::min(offset, scalar.text.size()));
    }
  }
  return scalar.at;
}

std::optional<std::string> read_text(const Node& node, Faults& faults, bool may_be_empty) {
  if (!check_scalar(node, faults, "a text")) return std::nullopt;
  if (node.text.empty() && !may_be_empty) {
    faults.error(node.at, "this text is empty");
    return std::nullopt;
  }
  if (has_control(node.text)) {
    faults.error(node.at, "this text has a line end or another control character in it");
    return std::nullopt;
  }
  return std::string(node.text);
}

std::optional<bool> read_bool(const Node& node, Faults& faults) {
  if (!check_scalar(node, faults, "true or false")) return std::nullopt;
  if (!node.quoted && node.text == "true") return true;
  if (!node.quoted && node.text == "false") return false;
  faults.error(node.at, fmt::format("expected true or false, found \"{}\"", node.text));
  return std::nullopt;
}

std::optional<std::uint64_t> read_integer(const Node& node, Faults& faults, IntegerBounds bounds) {
  if (!check_scalar(node, faults, "a whole number")) return std::nullopt;
  std::uint64_t value = 0;
  bool good = !node.quoted && !node.text.empty();
  for (const char c : node.text) {
    good = good && c >= '0' && c <= '9' && value <= (UINT64_MAX - 9) / 10;
    if (!good) break;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (good && value >= bounds.least && value <= bounds.most) return value;
  faults.error(node.at, fmt::format("{} must be a whole number from {} to {}, found {}", subject(node), bounds.least,
                                    bounds.most,
                                    node.quoted ? fmt::format("the text \"{}\"", node.text) : std::string(node.text)));
  return std::nullopt;
}

std::optional<Duration> read_duration(const Node& node, Faults& faults, DurationBounds bounds) {
  if (!check_scalar(node, faults, "a duration such as 5m")) return std::nullopt;
  const auto duration = parse_duration(node.text);
  if (!duration) {
    faults.error(place_in(node, duration.error().offset, faults.source()), duration.error().message);
    return std::nullopt;
  }
  if (*duration >= bounds.least && *duration <= bounds.most) return *duration;
  // One millisecond stands for "more than zero".
  const std::string least = bounds.least == Duration{1} ? "more than 0" : "at least " + format_duration(bounds.least);
  faults.error(node.at, fmt::format("{} must be {} and at most {}, found {}", subject(node), least,
                                    format_duration(bounds.most), node.text));
  return std::nullopt;
}

const std::vector<Node>* read_list(const Node& node, Faults& faults, std::string_view what, std::string_view hint) {
  if (node.is(Node::Kind::sequence)) return &node.children;
  if (!node.is(Node::Kind::broken)) {
    faults.error(node.at, fmt::format("expected a list of {}, found {}{}", what, describe(node), hint));
  }
  return nullptr;
}

std::string as_list(const Node& node) {
  return node.is(Node::Kind::scalar) ? fmt::format("; write [{}]", node.text) : std::string();
}

std::vector<std::string> read_texts(const Node& node, Faults& faults, std::string_view what) {
  std::vector<std::string> texts;
  const auto* entries = read_list(node, faults, what, as_list(node));
  if (entries == nullptr) return texts;
  std::set<std::string_view> seen;
  for (const Node& entry : *entries) {
    auto text = read_text(entry, faults);
    if (!text) continue;
    if (!seen.insert(entry.text).second) {
      faults.error(entry.at, fmt::format("\"{}\" stands in this list already", *text));
      continue;
    }
    texts.push_back(std::move(*text));
  }
  return texts;
}

std::string unknown(std::string_view what, std::string_view word, const std::vector<std::string>& known) {
  std::string message = fmt::format("unknown {} \"{}\"", what, word);
  if (const auto suggestion = nearest(std::string(word), known); !suggestion.empty()) {
    message += fmt::format("; did you mean \"{}\"?", suggestion);
  } else if (known.size() <= kFew && !known.empty()) {
    message += fmt::format("; known: {}", fmt::join(known, ", "));
  }
  return message;
}

}  // namespace triaged::config

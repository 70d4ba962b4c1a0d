#include "connectors/wire/json_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "connectors/wire/json_text.hpp"
#include "connectors/wire/rfc3339.hpp"

namespace triaged::wire {
namespace {

// Far beyond any bound of ours, so that ours decide.
constexpr std::size_t kParserDepth = 2 * JsonScanner::kDepth;
constexpr std::size_t kFirstCapacity = 64 * 1024;

unsigned hex_value(char c) {
  if (c <= '9') return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>((c | 0x20) - 'a') + 10;
}

unsigned code_unit(std::string_view escape) {
  unsigned unit = 0;
  for (const char c : escape.substr(2, 4)) unit = unit * 16 + hex_value(c);
  return unit;
}

/// Looks at the \u escapes of text that is a JSON document: simdjson lets NUL and some half surrogates through.
std::optional<Fault> escape_fault(std::string_view text) {
  for (auto at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at)) {
    if (text[at + 1] != 'u') {
      at += 2;
      continue;
    }
    const unsigned unit = code_unit(text.substr(at));
    if (unit == 0) return Fault{"nul", fmt::format("NUL in a string at byte {}", at + 1)};
    const bool high = unit >= 0xD800 && unit < 0xDC00;
    const bool low = unit >= 0xDC00 && unit < 0xE000;
    if (high) {
      const auto next = text.substr(at + 6, 6);
      const unsigned second = next.starts_with("\\u") ? code_unit(next) : 0;
      if (second >= 0xDC00 && second < 0xE000) {
        at += 12;
        continue;
      }
    }
    if (high || low) return Fault{"utf8", fmt::format("half a surrogate pair at byte {}", at + 1)};
    at += 6;
  }
  return std::nullopt;
}

Fault parser_fault(simdjson::error_code error, std::string_view text) {
  JsonScanner scanner;
  if (auto fault = syntax_fault(text, scanner)) return *std::move(fault);
  if (error == simdjson::STRING_ERROR) {
    if (auto fault = escape_fault(text)) return *std::move(fault);
  }
  if (error == simdjson::NUMBER_ERROR) return {"malformed_json", "a number is out of range"};
  return {"malformed_json", fmt::format("malformed JSON ({})", static_cast<int>(error))};
}

}  // namespace

Rejection rejection(std::uint64_t line, Fault fault) {
  return {line, std::move(fault.reason), std::string(fault.code)};
}

Fault too_deep(std::size_t most) { return {"depth", fmt::format("nested deeper than {}", most)}; }

Fault duplicate_key(std::string_view key) {
  return {"duplicate_key", fmt::format("key \"{}\" stands twice", printable(key))};
}

Fault too_large(std::string_view what, std::size_t bytes, std::size_t most) {
  return {"too_large", fmt::format("{} is {} bytes, the bound is {}", what, bytes, most)};
}

std::optional<Fault> syntax_fault(std::string_view text, JsonScanner& scanner) {
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    return Fault{"nul", fmt::format("NUL at byte {}", nul + 1)};
  }
  if (!simdjson::validate_utf8(text)) return Fault{"utf8", "not valid UTF-8"};
  switch (scanner.feed(text)) {
    case JsonScanner::Status::complete: return std::nullopt;
    case JsonScanner::Status::open:
      return Fault{"malformed_json", fmt::format("malformed JSON: torn at byte {}, before its end", text.size() + 1)};
    case JsonScanner::Status::broken: break;
  }
  if (scanner.too_deep()) return too_deep(JsonScanner::kDepth);
  return Fault{"malformed_json", fmt::format("malformed JSON at byte {}: {}", scanner.fault_at() + 1, scanner.fault())};
}

std::optional<Fault> read_time(std::string_view field, simdjson::dom::element value, std::optional<Time>& time) {
  if (value.is_null()) return std::nullopt;
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return Fault{"time", fmt::format("{} is not a string", field)};
  const auto parsed = parse_time(text);
  if (!parsed) return Fault{"time", fmt::format("{} \"{}\" is not an RFC 3339 time", field, printable(text))};
  if (*parsed < kEarliest || *parsed >= kLatest) {
    return Fault{"time", fmt::format("{} {} lies outside 2000 to 2100", field, printable(text))};
  }
  time = parsed;
  return std::nullopt;
}

std::expected<simdjson::dom::element, Fault> JsonReader::parse(std::string_view text) {
  if (parser_.capacity() < text.size()) {
    if (parser_.allocate(std::max(text.size(), kFirstCapacity), kParserDepth) != simdjson::SUCCESS) {
      return std::unexpected(Fault{"too_large", "no memory for the document"});
    }
  }
  simdjson::dom::element root;
  if (const auto error = parser_.parse(text.data(), text.size(), false).get(root)) {
    return std::unexpected(parser_fault(error, text));
  }
  if (std::memchr(text.data(), '\\', text.size()) != nullptr) {
    if (auto fault = escape_fault(text)) return std::unexpected(*std::move(fault));
  }
  return root;
}

std::string_view JsonReader::padded(std::string_view text) {
  copy_.assign(text);
  copy_.append(simdjson::SIMDJSON_PADDING, ' ');
  return std::string_view(copy_).substr(0, text.size());
}

std::optional<Fault> JsonReader::check(simdjson::dom::element value, std::size_t around, std::size_t most) {
  if (simdjson::dom::array array; value.get(array) == simdjson::SUCCESS) {
    if (around >= most) return too_deep(most);
    for (const auto element : array) {
      if (auto fault = check(element, around + 1, most)) return fault;
    }
  }
  if (simdjson::dom::object object; value.get(object) == simdjson::SUCCESS) {
    if (around >= most) return too_deep(most);
    if (auto fault = check_keys(object)) return fault;
    for (const auto field : object) {
      if (auto fault = check(field.value, around + 1, most)) return fault;
    }
  }
  return std::nullopt;
}

std::optional<Fault> JsonReader::check_keys(simdjson::dom::object object) {
  keys_.clear();
  for (const auto field : object) keys_.push_back(field.key);
  std::sort(keys_.begin(), keys_.end());
  const auto twice = std::adjacent_find(keys_.begin(), keys_.end());
  if (twice != keys_.end()) return duplicate_key(*twice);
  return std::nullopt;
}

}  // namespace triaged::wire

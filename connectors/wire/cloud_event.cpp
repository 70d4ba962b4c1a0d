#include "connectors/wire/cloud_event.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "connectors/wire/json_reader.hpp"

namespace triaged::wire {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view kType = "application/cloudevents+json";
constexpr std::string_view kWhitespace = " \t\r\n";
constexpr std::uint8_t kNoDigit = 64;

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

/// RFC 4648, section 4.
std::uint8_t digit_of(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint8_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<std::uint8_t>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0' + 52);
  if (c == '+') return 62;
  return c == '/' ? 63 : kNoDigit;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const std::uint8_t digit = digit_of(c);
    if (digit == kNoDigit) return std::nullopt;
    bits = bits << 6U | digit;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes.push_back(static_cast<char>(bits >> static_cast<unsigned>(held) & 0xFFU));
  }
  return bytes;
}

/// As it stands in the text, which is a good document.
std::optional<std::string> raw(ondemand::value value) {
  ondemand::json_type type{};
  std::string_view text;
  if (value.type().get(type) != simdjson::SUCCESS) return std::nullopt;
  if (type == ondemand::json_type::object) {
    ondemand::object object;
    if (value.get(object) != simdjson::SUCCESS || object.raw_json().get(text) != simdjson::SUCCESS) return std::nullopt;
  } else if (type == ondemand::json_type::array) {
    ondemand::array array;
    if (value.get(array) != simdjson::SUCCESS || array.raw_json().get(text) != simdjson::SUCCESS) return std::nullopt;
  } else {
    text = value.raw_json_token();
  }
  return std::string(text.substr(0, text.find_last_not_of(kWhitespace) + 1));
}

std::optional<std::string> decoded(ondemand::value value) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return std::nullopt;
  return from_base64(text);
}

}  // namespace

bool is_cloud_event(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  return std::ranges::equal(type.substr(0, type.find_last_not_of(kWhitespace) + 1), kType, {}, to_lower);
}

std::optional<std::string> cloud_event_data(std::string_view text) {
  thread_local JsonReader checking;
  thread_local ondemand::parser reading;
  // On-Demand checks only what it looks at, so all of the text is checked before.
  const std::string_view padded = checking.padded(text);
  if (!checking.parse(padded)) return std::nullopt;
  ondemand::document document;
  ondemand::object event;
  if (reading.iterate(padded, padded.size() + simdjson::SIMDJSON_PADDING).get(document) != simdjson::SUCCESS ||
      document.get(event) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  std::optional<std::string> data;
  int found = 0;
  for (auto field : event) {
    std::string_view key;
    ondemand::value value;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS || field.value().get(value) != simdjson::SUCCESS) {
      return std::nullopt;
    }
    if (key != "data" && key != "data_base64") continue;
    ++found;
    data = key == "data" ? raw(value) : decoded(value);
  }
  return found == 1 ? data : std::nullopt;
}

}  // namespace triaged::wire

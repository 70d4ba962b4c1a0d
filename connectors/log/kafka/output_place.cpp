#include "connectors/log/kafka/output_place.hpp"

#include <charconv>
#include <iterator>

#include <fmt/format.h>

namespace triaged::log {
namespace {

std::string head(std::string_view prefix) { return fmt::format("outputs=1 prefix={} places=", prefix); }

/// Takes a number and the `end` behind it off; the last one has none.
template <typename Number>
bool take(std::string_view& text, Number& number, char end) {
  const auto [behind, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return false;
  text.remove_prefix(static_cast<std::size_t>(behind - text.data()));
  if (text.empty()) return end == ';';
  if (text.front() != end) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string encode_places(std::string_view prefix, const std::vector<ShardPlaces>& shards) {
  std::string text = head(prefix);
  for (const ShardPlaces& places : shards) {
    for (const OutputPlace& place : places) {
      fmt::format_to(std::back_inserter(text), "{}:{}{}", place.next, place.number,
                     &place == &places.back() ? ';' : ',');
    }
  }
  return text;
}

std::optional<std::vector<ShardPlaces>> decode_places(std::string_view text, std::string_view prefix) {
  const std::string begin = head(prefix);
  if (!text.starts_with(begin)) return std::nullopt;
  text.remove_prefix(begin.size());
  std::vector<ShardPlaces> shards;
  while (!text.empty()) {
    ShardPlaces& places = shards.emplace_back();
    for (OutputPlace& place : places) {
      const bool last = &place == &places.back();
      if (!take(text, place.next, ':') || !take(text, place.number, last ? ';' : ',')) return std::nullopt;
    }
  }
  return shards;
}

}  // namespace triaged::log

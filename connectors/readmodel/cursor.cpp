#include "connectors/readmodel/cursor.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace triaged::readmodel {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void mix(std::uint64_t& hash, std::uint64_t number) {
  for (unsigned shift = 0; shift < 64; shift += 8) hash = (hash ^ (number >> shift & 0xFFU)) * 0x100000001b3U;
}

std::uint64_t check_of(std::uint64_t query, const std::vector<std::int64_t>& place) {
  std::uint64_t hash = query;
  for (const auto key : place) mix(hash, std::bit_cast<std::uint64_t>(key));
  return hash;
}

/// Eleven letters a number: base64 of its 64 bits.
void append(std::string& out, std::uint64_t number) {
  for (unsigned letter = 0; letter < 11; ++letter, number >>= 6U) out += kAlphabet[number & 63U];
}

std::optional<std::uint64_t> read(std::string_view letters) {
  std::uint64_t number = 0;
  for (unsigned at = 0; at < 11; ++at) {
    const auto value = kAlphabet.find(letters[at]);
    if (value == std::string_view::npos || (at == 10 && value > 15)) return std::nullopt;
    number |= std::uint64_t{value} << (6 * at);
  }
  return number;
}

}  // namespace

void QueryDigest::add(std::string_view text) {
  mix(value_, text.size());
  for (const char c : text) value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
}

void QueryDigest::add(std::int64_t number) { mix(value_, std::bit_cast<std::uint64_t>(number)); }

std::string encode_cursor(std::uint64_t query, const std::vector<std::int64_t>& place) {
  std::string cursor;
  append(cursor, check_of(query, place));
  for (const auto key : place) append(cursor, std::bit_cast<std::uint64_t>(key));
  return cursor;
}

std::optional<std::vector<std::int64_t>> decode_cursor(std::string_view cursor, std::uint64_t query, std::size_t keys) {
  if (cursor.size() != 11 * (keys + 1)) return std::nullopt;
  const auto check = read(cursor);
  std::vector<std::int64_t> place;
  for (std::size_t key = 1; key <= keys; ++key) {
    const auto number = read(cursor.substr(11 * key));
    if (!number) return std::nullopt;
    place.push_back(std::bit_cast<std::int64_t>(*number));
  }
  if (!check || *check != check_of(query, place)) return std::nullopt;
  return place;
}

std::string encode_text_cursor(std::uint64_t query, std::string_view name) {
  std::vector<std::int64_t> place{static_cast<std::int64_t>(name.size())};
  for (std::size_t at = 0; at < name.size(); at += sizeof(std::int64_t)) {
    std::int64_t word = 0;
    std::memcpy(&word, name.data() + at, std::min(sizeof word, name.size() - at));
    place.push_back(word);
  }
  return encode_cursor(query, place);
}

std::optional<std::string> decode_text_cursor(std::string_view cursor, std::uint64_t query) {
  if (cursor.size() < 22) return std::nullopt;
  const auto place = decode_cursor(cursor, query, cursor.size() / 11 - 1);
  if (!place) return std::nullopt;
  std::string name((place->size() - 1) * sizeof(std::int64_t), '\0');
  std::memcpy(name.data(), place->data() + 1, name.size());
  if (static_cast<std::uint64_t>(place->front()) > name.size()) return std::nullopt;
  name.resize(static_cast<std::size_t>(place->front()));
  return name;
}

}  // namespace triaged::readmodel

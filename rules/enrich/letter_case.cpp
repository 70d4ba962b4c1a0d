#include "rules/enrich/letter_case.hpp"

#include <cstdint>
#include <utility>

namespace triaged {
namespace {

// Upper-case letters `first` to `last`, `stride` apart; each one's lower case is `distance` behind it.
struct CaseRange {
  std::int32_t first;
  std::int32_t last;
  std::int32_t distance;
  std::int32_t stride;
};

constexpr CaseRange kRanges[] = {
    {0x0041, 0x005A, 32, 1}, {0x00C0, 0x00D6, 32, 1}, {0x00D8, 0x00DE, 32, 1}, {0x0100, 0x012E, 1, 2},
    {0x0132, 0x0136, 1, 2},  {0x0139, 0x0147, 1, 2},  {0x014A, 0x0176, 1, 2},  {0x0178, 0x0178, -121, 1},
    {0x0179, 0x017D, 1, 2},  {0x01CD, 0x01DB, 1, 2},  {0x01DE, 0x01EE, 1, 2},  {0x01F8, 0x021E, 1, 2},
    {0x0222, 0x0232, 1, 2},  {0x0386, 0x0386, 38, 1}, {0x0388, 0x038A, 37, 1}, {0x038C, 0x038C, 64, 1},
    {0x038E, 0x038F, 63, 1}, {0x0391, 0x03A1, 32, 1}, {0x03A3, 0x03AB, 32, 1}, {0x0400, 0x040F, 80, 1},
    {0x0410, 0x042F, 32, 1}, {0x0460, 0x0480, 1, 2},  {0x048A, 0x04BE, 1, 2},  {0x04C0, 0x04C0, 15, 1},
    {0x04C1, 0x04CD, 1, 2},  {0x04D0, 0x052E, 1, 2},  {0x0531, 0x0556, 48, 1}, {0x1E00, 0x1E94, 1, 2},
    {0x1EA0, 0x1EFE, 1, 2},  {0xFF21, 0xFF3A, 32, 1},
};

// Letters whose way back is another one.
constexpr std::pair<std::int32_t, std::int32_t> kLowerOnly[] = {{0x0130, 'i'}, {0x1E9E, 0x00DF}};
constexpr std::pair<std::int32_t, std::int32_t> kUpperOnly[] = {
    {0x00B5, 0x039C}, {0x0131, 'I'}, {0x017F, 'S'}, {0x03C2, 0x03A3}};

std::int32_t lower(std::int32_t letter) {
  for (const auto& [from, to] : kLowerOnly) {
    if (letter == from) return to;
  }
  for (const auto& range : kRanges) {
    if (letter < range.first || letter > range.last) continue;
    if ((letter - range.first) % range.stride == 0) return letter + range.distance;
  }
  return letter;
}

std::int32_t upper(std::int32_t letter) {
  for (const auto& [from, to] : kUpperOnly) {
    if (letter == from) return to;
  }
  for (const auto& range : kRanges) {
    const auto candidate = letter - range.distance;
    if (candidate < range.first || candidate > range.last) continue;
    if ((candidate - range.first) % range.stride == 0) return candidate;
  }
  return letter;
}

// The size of the well-formed two- or three-byte character at the start of `text`, else 1. Longer ones have no case.
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0U) == 0x80U; };
  if ((byte(0) & 0xE0U) == 0xC0U && continues(1)) return 2;
  if ((byte(0) & 0xF0U) == 0xE0U && continues(1) && continues(2)) return 3;
  return 1;
}

std::int32_t decode(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 2) return ((byte(0) & 0x1F) << 6) | (byte(1) & 0x3F);
  return ((byte(0) & 0x0F) << 12) | ((byte(1) & 0x3F) << 6) | (byte(2) & 0x3F);
}

void append(std::string& out, std::int32_t letter) {
  if (letter < 0x80) {
    out.push_back(static_cast<char>(letter));
  } else if (letter < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (letter >> 6)));
    out.push_back(static_cast<char>(0x80 | (letter & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xE0 | (letter >> 12)));
    out.push_back(static_cast<char>(0x80 | ((letter >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (letter & 0x3F)));
  }
}

template <std::int32_t (*map)(std::int32_t)>
std::string map_letters(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto size = character_size(text);
    const auto character = text.substr(0, size);
    text.remove_prefix(size);
    if (size == 1) {
      const auto byte = static_cast<unsigned char>(character[0]);
      out.push_back(byte < 0x80 ? static_cast<char>(map(byte)) : character[0]);
    } else {
      append(out, map(decode(character)));
    }
  }
  return out;
}

}  // namespace

std::string to_lower(std::string_view text) { return map_letters<lower>(text); }
std::string to_upper(std::string_view text) { return map_letters<upper>(text); }

}  // namespace triaged

#include "connectors/wire/json_text.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

namespace triaged::wire {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101U;
constexpr std::uint64_t kHighs = 0x8080808080808080U;

constexpr int kWordBytes = sizeof(std::uint64_t);
constexpr bool kWords = std::endian::native == std::endian::little;  // the lowest byte of a word comes first

bool is_plain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

/// Sets the high bit of each byte that needs an escape; those above the lowest one set may be wrong.
std::uint64_t special_bytes(std::uint64_t word) {
  const std::uint64_t quote = word ^ (kOnes * '"');
  const std::uint64_t backslash = word ^ (kOnes * '\\');
  return (((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash) | ((word - kOnes * 0x20) & ~word)) & kHighs;
}

void append_escape(std::string& out, char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"': out.append("\\\""); return;
    case '\\': out.append("\\\\"); return;
    case '\b': out.append("\\b"); return;
    case '\f': out.append("\\f"); return;
    case '\n': out.append("\\n"); return;
    case '\r': out.append("\\r"); return;
    case '\t': out.append("\\t"); return;
    default: break;
  }
  const auto byte = static_cast<unsigned char>(c);
  out.append("\\u00");
  out.push_back(kHex[byte >> 4U]);
  out.push_back(kHex[byte & 15U]);
}

/// The canonical bytes as JSON, without the opening `{"`; null where something needs an escape. `at` has room for three
/// times the bytes and eight more.
char* put_plain_labels(char* at, std::string_view bytes) {
  const char* from = bytes.data();
  const char* const end = from + bytes.size();
  bool name = true;
  while (from != end) {
    while (kWords && end - from >= kWordBytes) {
      std::uint64_t word = 0;
      std::memcpy(&word, from, sizeof(word));
      std::memcpy(at, &word, sizeof(word));
      const std::uint64_t special = special_bytes(word) | ((~word - kOnes) & word & kHighs);
      const int plain = special == 0 ? kWordBytes : std::countr_zero(special) / 8;
      from += plain;
      at += plain;
      if (special != 0) break;
    }
    while (from != end && *from != '\xFF' && is_plain(*from)) *at++ = *from++;
    if (from == end) break;
    if (*from++ != '\xFF') return nullptr;
    *at++ = '"';
    *at++ = name ? ':' : ',';
    *at++ = '"';
    name = !name;
  }
  at[-2] = '}';
  return at - 1;
}

void append_escaped_labels(std::string& out, LabelsView labels) {
  char before = '{';
  for (const auto& label : labels) {
    out.push_back(before);
    append_string(out, label.name);
    out.push_back(':');
    append_string(out, label.value);
    before = ',';
  }
  out.push_back('}');
}

}  // namespace

std::size_t plain_prefix(std::string_view text) {
  std::size_t at = 0;
  for (; kWords && at + kWordBytes <= text.size(); at += kWordBytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof(word));
    const std::uint64_t special = special_bytes(word);
    if (special != 0) return at + static_cast<std::size_t>(std::countr_zero(special)) / 8;
  }
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

void append_string(std::string& out, std::string_view text) {
  out.push_back('"');
  for (;;) {
    const std::size_t plain = plain_prefix(text);
    out.append(text, 0, plain);
    if (plain == text.size()) break;
    append_escape(out, text[plain]);
    text.remove_prefix(plain + 1);
  }
  out.push_back('"');
}

void append_labels(std::string& out, LabelsView labels) {
  if (labels.empty()) {
    out.append("{}");
    return;
  }
  // Nothing needs an escape nearly always: then the text is written in one go.
  bool plain = true;
  const std::size_t begin = out.size();
  out.resize_and_overwrite(begin + 2 + labels.bytes().size() * 3 + kWordBytes, [&](char* data, std::size_t) {
    data[begin] = '{';
    data[begin + 1] = '"';
    const char* const end = put_plain_labels(data + begin + 2, labels.bytes());
    plain = end != nullptr;
    return plain ? static_cast<std::size_t>(end - data) : begin;
  });
  if (!plain) append_escaped_labels(out, labels);
}

std::string printable(std::string_view text) {
  constexpr std::size_t kBytes = 64;
  const bool cut = text.size() > kBytes;
  std::size_t size = cut ? kBytes : text.size();
  while (cut && size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  std::string out(text.substr(0, size));
  for (std::size_t at = 0; at < size; ++at) {
    const auto byte = static_cast<unsigned char>(out[at]);
    const bool next_is_c1 = at + 1 < size && byte == 0xC2 && static_cast<unsigned char>(out[at + 1]) < 0xA0;
    if (next_is_c1) out.replace(at, 2, "??");
    if (byte < 0x20 || byte == 0x7F) out[at] = '?';
  }
  if (cut) out.append("…");
  return out;
}

}  // namespace triaged::wire

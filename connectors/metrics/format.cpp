#include "connectors/metrics/format.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace triaged::metrics {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Cuts off what stands before the next `separator`, which must be outside quotes.
std::string_view take(std::string_view& rest, char separator) {
  bool quoted = false;
  std::size_t at = 0;
  for (; at < rest.size() && (quoted || rest[at] != separator); ++at) {
    if (rest[at] == '"') quoted = !quoted;
    if (quoted && rest[at] == '\\') ++at;
  }
  const auto part = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return trimmed(part);
}

bool same(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view unquoted(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

// RFC 9110's qvalue in thousandths; nothing where it is none.
std::optional<int> thousandths(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int value = (text[0] - '0') * 1000;
  int unit = 100;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return std::nullopt;
    value += (c - '0') * unit;
    unit /= 10;
  }
  return value <= 1000 ? std::optional(value) : std::nullopt;
}

struct Offer {
  std::optional<Format> format;  // none: not one of ours
  int quality = 1000;            // in thousandths
};

Offer read_offer(std::string_view entry) {
  const auto type = take(entry, ';');
  std::string_view version;
  Offer offer;
  while (!entry.empty()) {
    auto value = take(entry, ';');
    const auto name = take(value, '=');
    value = unquoted(trimmed(value));
    if (same(name, "version")) version = value;
    if (same(name, "q")) offer.quality = thousandths(value).value_or(0);
  }
  if (same(type, "application/openmetrics-text") && (version.empty() || version == "1.0.0")) {
    offer.format = Format::openmetrics;
  } else if (same(type, "text/plain") && (version.empty() || version == "0.0.4" || version == "1.0.0")) {
    // 1.0.0 differs only for names that ours never are.
    offer.format = Format::text;
  }
  return offer;
}

}  // namespace

Format choose_format(std::string_view accept) {
  Format best = Format::text;
  int quality = 0;
  while (!accept.empty()) {
    const Offer offer = read_offer(take(accept, ','));
    if (!offer.format || offer.quality <= quality) continue;
    best = *offer.format;
    quality = offer.quality;
  }
  return best;
}

std::string_view content_type(Format format) {
  return format == Format::openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                       : "text/plain; version=0.0.4; charset=utf-8";
}

}  // namespace triaged::metrics

#include "connectors/http/syntax/target.hpp"

#include <algorithm>

namespace triaged::http {
namespace {

std::unexpected<Refusal> refuse(int status, const char* detail) { return std::unexpected(Refusal{status, detail}); }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// False: an escape that is none.
bool decode(std::string_view text, bool plus_is_space, std::string& out) {
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return false;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return false;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return true;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// Characters that may stand in a target as it is sent. '#' never reaches a server; browsers send '|', '"', '{' raw.
bool is_target_character(char c) { return c > 0x20 && c < 0x7F && c != '#'; }

/// "http://host:port/path" → "/path", if the host is ours.
std::expected<std::string_view, Refusal> origin_form(std::string_view target, std::string_view host) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equal_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    const auto end = std::min(target.find_first_of("/?"), target.size());
    if (!equal_ignoring_case(target.substr(0, end), host)) {
      return refuse(400, "the target's authority is not the host");
    }
    return target.substr(end);
  }
  return refuse(400, "the target is neither a path nor an http URI");
}

std::expected<void, Refusal> parse_path(std::string_view raw, Target& target) {
  if (raw.size() > kMaxPath) return refuse(414, "the path is longer than 2 KiB");
  if (raw.empty()) raw = "/";  // an absolute form may have none
  if (!decode(raw, false, target.path)) return refuse(400, "the path has a % that two hexadecimal digits don't follow");
  if (std::any_of(target.path.begin(), target.path.end(), is_control)) {
    return refuse(400, "the path has control characters");
  }
  if (!is_utf8(target.path)) return refuse(400, "the path is not UTF-8");
  for (std::size_t begin = 1; begin <= raw.size();) {
    const auto end = std::min(raw.find('/', begin), raw.size());
    std::string segment;
    decode(raw.substr(begin, end - begin), false, segment);
    if (segment == "." || segment == "..") return refuse(400, "the path has dot segments");
    target.segments.push_back(std::move(segment));
    begin = end + 1;
  }
  return {};
}

std::expected<void, Refusal> parse_query(std::string_view raw, Parameters& query) {
  for (std::size_t begin = 0; begin < raw.size();) {
    const auto end = std::min(raw.find('&', begin), raw.size());
    const std::string_view pair = raw.substr(begin, end - begin);
    begin = end + 1;
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    Parameter parameter;
    if (!decode(pair.substr(0, equals), true, parameter.name) ||
        !decode(pair.substr(std::min(equals + 1, pair.size())), true, parameter.value)) {
      return refuse(400, "the query has a % that two hexadecimal digits don't follow");
    }
    const auto good = [](const std::string& text) { return text.find('\0') == std::string::npos && is_utf8(text); };
    if (!good(parameter.name) || !good(parameter.value)) return refuse(400, "the query is not text in UTF-8");
    query.push_back(std::move(parameter));
  }
  return {};
}

}  // namespace

bool is_utf8(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(at < text.size() ? text[at] : 0); };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned first = byte(i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    const std::size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    if (first < 0xC2 || first > 0xF4) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      if ((byte(i + k) & 0xC0U) != 0x80) return false;
    }
    const unsigned second = byte(i + 1);
    const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    const bool surrogate = first == 0xED && second >= 0xA0;
    const bool beyond = first == 0xF4 && second >= 0x90;
    if (overlong || surrogate || beyond) return false;
    i += more + 1;
  }
  return true;
}

std::expected<Target, Refusal> parse_target(std::string_view target, std::string_view host) {
  if (!std::all_of(target.begin(), target.end(), is_target_character)) {
    return refuse(400, "the target has characters that must be escaped");
  }
  Target parsed;
  if (target == "*") {
    parsed.path = "*";
    return parsed;
  }
  if (!target.starts_with('/')) {
    const auto rest = origin_form(target, host);
    if (!rest) return std::unexpected(rest.error());
    target = *rest;
  }
  const auto question = std::min(target.find('?'), target.size());
  if (auto path = parse_path(target.substr(0, question), parsed); !path) return std::unexpected(path.error());
  if (question < target.size()) {
    if (auto query = parse_query(target.substr(question + 1), parsed.query); !query) {
      return std::unexpected(query.error());
    }
  }
  return parsed;
}

}  // namespace triaged::http

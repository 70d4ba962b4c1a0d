// The target of a request: RFC 9112 section 3.2, RFC 3986. Thread-safe: no state.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/http/message.hpp"
#include "connectors/http/syntax/refusal.hpp"

namespace triaged::http {

/// A path as it was sent, in bytes.
inline constexpr std::size_t kMaxPath = 2048;

struct Target {
  std::string path;                   // decoded
  std::vector<std::string> segments;  // each decoded: a %2F does not divide
  Parameters query;
};

/// "/a/b?c=d", or the absolute form, whose authority must be `host`, which is then left out. "*" (for OPTIONS) is a
/// path without segments. Refused: escapes that are none, control characters, what is not UTF-8, "." and ".." as
/// segments.
[[nodiscard]] std::expected<Target, Refusal> parse_target(std::string_view target, std::string_view host);

[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace triaged::http

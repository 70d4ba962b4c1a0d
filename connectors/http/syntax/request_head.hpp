// The head of a request: request line and fields, by RFC 9112, strictly. Boost.Beast 1.81 parses it; what it lets pass
// that another server on the way may read otherwise (request smuggling) is refused here. Thread-safe: no state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>

#include "connectors/http/message.hpp"
#include "connectors/http/syntax/refusal.hpp"

namespace triaged::http {

/// Request line and fields together, in bytes.
inline constexpr std::size_t kMaxHead = 8192;
inline constexpr std::size_t kMaxFields = 128;

struct Chunked {};
/// How the body comes: so many bytes, or in chunks.
using Framing = std::variant<std::uint64_t, Chunked>;

struct RequestHead {
  std::string method;
  std::string target;
  Fields fields;
  Framing framing = std::uint64_t{0};
  bool http_1_0 = false;
  bool keep_alive = false;
  bool expects_continue = false;
};

/// Where the head ends that `bytes` begin with: after its empty line. 0: it isn't there yet.
[[nodiscard]] std::size_t head_size(std::string_view bytes);

/// What can be said of a head that isn't complete: bytes that no head has.
[[nodiscard]] std::expected<void, Refusal> check_bytes(std::string_view part_of_head);

/// `head` ends with its empty line.
[[nodiscard]] std::expected<RequestHead, Refusal> parse_head(std::string_view head);

/// Whether a list such as that of Connection has that item.
[[nodiscard]] bool list_has(std::string_view list, std::string_view item);

}  // namespace triaged::http

// gzip (RFC 1952) by zlib, and what a client says of it (RFC 9110 section 12.5.3). Thread-safe: no state.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "connectors/http/syntax/refusal.hpp"

namespace triaged::http {

/// Bodies up to this size may come out of however few bytes; beyond it, no more than so many times what came.
inline constexpr std::uint64_t kFreeInflation = std::uint64_t{1} << 20U;
inline constexpr std::uint64_t kMaxInflation = 128;

/// Asked before `bytes` more are allocated; false: there is no room for them (503).
using Room = std::function<bool(std::uint64_t bytes)>;

/// All members of `bytes`, at most `limit` bytes of text.
[[nodiscard]] std::expected<std::string, Refusal> gunzip(std::string_view bytes, std::uint64_t limit, const Room& room);

/// Empty where zlib has no memory.
[[nodiscard]] std::string gzip(std::string_view text);

/// Whether Accept-Encoding takes gzip, and not less gladly than the text as it is.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

/// Whether texts of that type become smaller.
[[nodiscard]] bool is_compressible(std::string_view content_type);

}  // namespace triaged::http

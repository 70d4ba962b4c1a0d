// What OpenSSL's libcrypto does for logins. Thread-safe: no state.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace triaged::http {

using Sha256 = std::array<unsigned char, 32>;
/// Keyed, so that nobody who sees what is kept can try words on it elsewhere.
[[nodiscard]] Sha256 hmac_sha256(std::string_view key, std::string_view text);
/// Takes the same time wherever they differ.
[[nodiscard]] bool equal_in_constant_time(const Sha256& a, const Sha256& b);
/// From the system's generator of secrets. Empty where it fails.
[[nodiscard]] std::string random_bytes(std::size_t count);

[[nodiscard]] std::string to_base64(std::string_view bytes);
/// Padded, without line ends.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace triaged::http

// Passwords at rest: scrypt (RFC 7914) by OpenSSL, one line of text each.
//
//   scrypt$32768$8$3$SALT$HASH      N, r, p; salt and hash (32 bytes) in base64
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace triaged::http {

struct ScryptCost {
  std::uint64_t n = 32768;  // a power of two, 16384 to 1048576
  std::uint32_t r = 8;      // 1 to 32
  std::uint32_t p = 3;      // 1 to 16; 128 × n × r bytes are at most 256 MiB
};

/// Thread-safe: immutable.
class PasswordHash {
 public:
  /// The error is a sentence without the line.
  [[nodiscard]] static std::expected<PasswordHash, std::string> parse(std::string_view line);
  /// With a new random salt.
  [[nodiscard]] static std::expected<PasswordHash, std::string> make(std::string_view password, ScryptCost cost = {});
  /// One that nothing matches and that takes as long to find out; nothing where OpenSSL has no random bytes.
  [[nodiscard]] std::optional<PasswordHash> decoy() const;
  /// The line, without a newline: what belongs into a password file.
  [[nodiscard]] std::string line() const;
  /// Takes a tenth of a second or more, and memory as the cost says.
  [[nodiscard]] bool matches(std::string_view password) const;

 private:
  PasswordHash(ScryptCost cost, std::string salt) : cost_(cost), salt_(std::move(salt)) {}
  [[nodiscard]] std::optional<std::string> derive(std::string_view password) const;

  ScryptCost cost_;
  std::string salt_;
  std::string hash_;
};

}  // namespace triaged::http

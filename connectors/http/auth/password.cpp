#include "connectors/http/auth/password.hpp"

#include <bit>
#include <charconv>
#include <vector>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "connectors/http/auth/crypto.hpp"

namespace triaged::http {
namespace {

constexpr std::size_t kHashSize = 32;
constexpr std::size_t kSaltSize = 16;
constexpr std::uint64_t kMaxMemory = std::uint64_t{256} << 20U;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

bool is_allowed(const ScryptCost& cost) {
  return std::has_single_bit(cost.n) && cost.n >= 16384 && cost.n <= 1048576 && cost.r >= 1 && cost.r <= 32 &&
         cost.p >= 1 && cost.p <= 16 && 128 * cost.n * cost.r <= kMaxMemory;
}

template <typename Number>
bool parse_number(std::string_view text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= line.size();) {
    const auto end = std::min(line.find('$', begin), line.size());
    parts.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace

std::expected<PasswordHash, std::string> PasswordHash::parse(std::string_view line) {
  const auto parts = split(line);
  if (parts.size() != 6 || parts[0] != "scrypt") return std::unexpected("is not of the form scrypt$N$r$p$salt$hash");
  ScryptCost cost;
  if (!parse_number(parts[1], cost.n) || !parse_number(parts[2], cost.r) || !parse_number(parts[3], cost.p) ||
      !is_allowed(cost)) {
    return std::unexpected("has costs that are not allowed: N from 16384, a power of two; r to 32, p to 16; 256 MiB");
  }
  const auto salt = from_base64(parts[4]);
  const auto hash = from_base64(parts[5]);
  if (!salt || salt->size() < kSaltSize || !hash || hash->size() != kHashSize) {
    return std::unexpected("has no salt of 16 bytes or more, or no hash of 32 bytes, in base64");
  }
  PasswordHash password(cost, *salt);
  password.hash_ = *hash;
  return password;
}

std::expected<PasswordHash, std::string> PasswordHash::make(std::string_view password, ScryptCost cost) {
  if (!is_allowed(cost)) return std::unexpected("these costs are not allowed");
  PasswordHash made(cost, random_bytes(kSaltSize));
  auto hash = made.salt_.empty() ? std::nullopt : made.derive(password);
  if (!hash) return std::unexpected("OpenSSL can't hash the password");
  made.hash_ = std::move(*hash);
  return made;
}

std::optional<PasswordHash> PasswordHash::decoy() const {
  PasswordHash decoy(cost_, random_bytes(kSaltSize));
  decoy.hash_ = random_bytes(kHashSize);
  if (decoy.salt_.empty() || decoy.hash_.empty()) return std::nullopt;
  return decoy;
}

std::string PasswordHash::line() const {
  return fmt::format("scrypt${}${}${}${}${}", cost_.n, cost_.r, cost_.p, to_base64(salt_), to_base64(hash_));
}

bool PasswordHash::matches(std::string_view password) const {
  const auto hash = derive(password);
  return hash && CRYPTO_memcmp(hash->data(), hash_.data(), kHashSize) == 0;
}

std::optional<std::string> PasswordHash::derive(std::string_view password) const {
  std::string hash(kHashSize, '\0');
  const int done = EVP_PBE_scrypt(password.data(), password.size(), bytes_of(std::string_view(salt_)), salt_.size(),
                                  cost_.n, cost_.r, cost_.p, 2 * kMaxMemory, bytes_of(hash), hash.size());
  if (done != 1) return std::nullopt;
  return hash;
}

}  // namespace triaged::http

#include "config/digest.hpp"

#include <array>
#include <cstdint>

#include <openssl/evp.h>

#include "rules/model/check.hpp"

namespace triaged::config {

struct Digest::Context {
  EVP_MD_CTX* md = EVP_MD_CTX_new();
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_MD_CTX_free(md); }
};

Digest::Digest() : context_(std::make_unique<Context>()) {
  TRIAGED_CHECK(EVP_DigestInit_ex(context_->md, EVP_sha256(), nullptr) == 1);
}

Digest::~Digest() = default;

void Digest::add(std::string_view text) {
  std::array<unsigned char, 8> length{};
  for (std::size_t i = 0; i < length.size(); ++i) {
    length[i] = static_cast<unsigned char>(static_cast<std::uint64_t>(text.size()) >> (8 * i));
  }
  TRIAGED_CHECK(EVP_DigestUpdate(context_->md, length.data(), length.size()) == 1);
  add_piece(text);
}

void Digest::add_piece(std::string_view piece) {
  TRIAGED_CHECK(EVP_DigestUpdate(context_->md, piece.data(), piece.size()) == 1);
}

std::string Digest::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  TRIAGED_CHECK(EVP_DigestFinal_ex(context_->md, bytes.data(), &size) == 1);
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text.push_back(kDigits[bytes[i] >> 4U]);
    text.push_back(kDigits[bytes[i] & 15U]);
  }
  return text;
}

}  // namespace triaged::config

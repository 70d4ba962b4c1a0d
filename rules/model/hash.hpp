// The hash that tables of this process use. It is no fingerprint: other processes and versions never see it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace triaged {

namespace hashing {

inline std::uint64_t word(const char* at) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// The two halves of the product, folded: each bit of the operands reaches every bit.
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Product = unsigned __int128;
  const Product product = static_cast<Product>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

}  // namespace hashing

/// 64 bits that are all equally good. Sixteen bytes a multiplication; `seed` chains several texts.
inline std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed = 0) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15ULL;   // 2^64 / golden ratio
  constexpr std::uint64_t kOdd2 = 0xD1B54A32D192ED03ULL;  // 2^64 / plastic ratio
  constexpr std::size_t kStep = 16;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t state = seed ^ (bytes.size() * kOdd);
  for (; left > kStep; at += kStep, left -= kStep) {
    state = hashing::mix(hashing::word(at) ^ kOdd, hashing::word(at + 8) ^ state);
  }
  char few[kStep] = {};
  if (bytes.size() >= kStep) {
    at -= kStep - left;  // what overlaps is hashed twice, which is cheaper than a copy of odd length
  } else {
    if (left != 0) std::memcpy(few, at, left);
    at = few;
  }
  return hashing::mix(hashing::mix(hashing::word(at) ^ kOdd, hashing::word(at + 8) ^ state), kOdd2);
}

/// Of the texts in a table that is asked with views.
struct TextHash {
  using is_transparent = void;
  using is_avalanching = void;
  std::size_t operator()(std::string_view text) const { return hash_bytes(text); }
};

}  // namespace triaged

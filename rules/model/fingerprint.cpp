#include "rules/model/fingerprint.hpp"

namespace triaged {

Fingerprint fingerprint(LabelsView labels) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char byte : labels.bytes()) {
    hash ^= static_cast<unsigned char>(byte);
    hash *= 1099511628211ULL;
  }
  return Fingerprint{hash};
}

std::string to_string(Fingerprint value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  auto bits = static_cast<std::uint64_t>(value);
  std::string text(16, '0');
  for (auto at = text.rbegin(); at != text.rend(); ++at, bits >>= 4U) *at = kDigits[bits & 15U];
  return text;
}

}  // namespace triaged

// Reads past the end of a buffer where the input begins with "boom". scripts/fuzz fails where this is not found, for
// then a minute without findings would say nothing about the other targets.
#include <cstddef>
#include <cstdint>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::uint8_t> bytes(data, data + size);
  std::size_t matched = 0;
  for (const char c : {'b', 'o', 'o', 'm'}) {
    if (matched == bytes.size() || bytes[matched] != static_cast<std::uint8_t>(c)) return 0;
    ++matched;
  }
  const volatile std::uint8_t* start = bytes.data();
  return start[bytes.size()] == 0 ? 0 : 0;
}

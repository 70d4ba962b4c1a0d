// Bytes that are kept, smaller: zstd (RFC 8878), one frame. Thread-safe: contexts are a thread's own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace triaged::log {

/// The frame says how long the text is, and has a checksum of it.
[[nodiscard]] std::string compress(std::string_view text);
/// Nothing: damaged, or longer than `most` bytes.
[[nodiscard]] std::optional<std::string> decompress(std::string_view frame, std::size_t most = std::size_t{4} << 30U);

}  // namespace triaged::log

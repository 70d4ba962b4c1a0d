// Takes chunked transfer coding off: RFC 9112 section 7.1, strictly, and bounded. Ours rather than Beast's: that
// of 1.81 bounds neither chunk headers nor trailers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "connectors/http/syntax/refusal.hpp"

namespace triaged::http {

inline constexpr std::size_t kMaxChunkLine = 1024;        // a size with its extensions
inline constexpr std::size_t kMaxExtensions = 16 * 1024;  // of all chunks together
inline constexpr std::size_t kMaxTrailers = 1024;         // all of them together; they are let go

/// Not thread-safe.
class ChunkDecoder {
 public:
  /// More data than `limit` bytes is refused (413).
  explicit ChunkDecoder(std::uint64_t limit) : limit_(limit) {}

  /// Takes bytes from the front, appends data to `out`, gives how many it took: all, unless the end was among them.
  /// After a refusal the decoder is of no more use.
  [[nodiscard]] std::expected<std::size_t, Refusal> take(std::string_view bytes, std::string& out);
  [[nodiscard]] bool done() const { return state_ == State::done; }

 private:
  enum class State { size_line, data, data_end, trailer_line, done };
  [[nodiscard]] std::expected<bool, Refusal> take_line_byte(char c, std::size_t limit);
  [[nodiscard]] std::expected<void, Refusal> end_size_line();
  [[nodiscard]] std::expected<void, Refusal> end_trailer_line();
  [[nodiscard]] std::expected<void, Refusal> take_one(char c);

  std::uint64_t limit_;
  std::uint64_t taken_ = 0;  // of data
  std::uint64_t chunk_left_ = 0;
  std::size_t extensions_ = 0;
  std::size_t trailers_ = 0;
  std::string line_;  // the line so far, with its CR
  State state_ = State::size_line;
};

}  // namespace triaged::http

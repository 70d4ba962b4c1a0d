// The body of a request, as it comes: transfer coding off, then content coding. No I/O.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "connectors/http/syntax/chunk_decoder.hpp"
#include "connectors/http/syntax/compression.hpp"
#include "connectors/http/syntax/request_head.hpp"

namespace triaged::http {

/// Not thread-safe.
class BodyReader {
 public:
  /// A length above `limit` was refused already; chunks beyond it are here.
  BodyReader(const Framing& framing, std::uint64_t limit, bool gzipped);

  /// Takes bytes from the front, gives how many: all, unless the body ends among them.
  [[nodiscard]] std::expected<std::size_t, Refusal> take(std::string_view bytes);
  /// Where the rest may be put without a copy, if its length is known; then filled() says how much of it was.
  [[nodiscard]] std::span<char> space();
  void filled(std::size_t bytes) { size_ += bytes; }

  [[nodiscard]] bool done() const;
  /// How much there is by now.
  [[nodiscard]] std::size_t size() const { return size_; }
  /// The body, when it is done.
  [[nodiscard]] std::expected<std::string, Refusal> finish(const Room& room);

 private:
  std::uint64_t limit_;
  bool gzipped_;
  std::optional<ChunkDecoder> chunks_;
  std::string bytes_;     // as long as it will be, if its length is known
  std::size_t size_ = 0;  // of it that is there
};

}  // namespace triaged::http

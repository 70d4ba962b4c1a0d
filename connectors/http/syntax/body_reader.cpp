#include "connectors/http/syntax/body_reader.hpp"

#include <algorithm>

namespace triaged::http {

BodyReader::BodyReader(const Framing& framing, std::uint64_t limit, bool gzipped) : limit_(limit), gzipped_(gzipped) {
  if (const auto* length = std::get_if<std::uint64_t>(&framing)) {
    // Not filled with zeros: pages that nothing comes for are never touched. (GCC 12 gives the function a size that may
    // be more than was asked for.)
    bytes_.resize_and_overwrite(*length, [size = *length](char*, std::size_t) { return size; });
  } else {
    chunks_.emplace(limit);
  }
}

std::expected<std::size_t, Refusal> BodyReader::take(std::string_view bytes) {
  if (chunks_) {
    const auto taken = chunks_->take(bytes, bytes_);
    size_ = bytes_.size();
    return taken;
  }
  const std::size_t count = std::min(bytes.size(), bytes_.size() - size_);
  bytes.copy(bytes_.data() + size_, count);
  size_ += count;
  return count;
}

std::span<char> BodyReader::space() {
  if (chunks_) return {};
  return std::span(bytes_).subspan(size_);
}

bool BodyReader::done() const { return chunks_ ? chunks_->done() : size_ == bytes_.size(); }

std::expected<std::string, Refusal> BodyReader::finish(const Room& room) {
  if (!gzipped_) return std::move(bytes_);
  return gunzip(bytes_, limit_, room);
}

}  // namespace triaged::http

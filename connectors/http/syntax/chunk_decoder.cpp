#include "connectors/http/syntax/chunk_decoder.hpp"

#include <algorithm>
#include <charconv>

namespace triaged::http {
namespace {

std::unexpected<Refusal> refuse(int status, const char* detail) { return std::unexpected(Refusal{status, detail}); }

constexpr const char* kMalformed = "the body is not in chunks as it should be";

}  // namespace

/// Whether the line is complete.
std::expected<bool, Refusal> ChunkDecoder::take_line_byte(char c, std::size_t limit) {
  const bool after_cr = !line_.empty() && line_.back() == '\r';
  if (after_cr && c == '\n') {
    line_.pop_back();
    return true;
  }
  const auto code = static_cast<unsigned char>(c);
  const bool control = (code < 0x20 && c != '\t' && c != '\r') || code == 0x7F;
  if (after_cr || control) return refuse(400, kMalformed);
  if (line_.size() >= limit) return refuse(431, "a chunk's header or the trailers are longer than 1 KiB");
  line_ += c;
  return false;
}

std::expected<void, Refusal> ChunkDecoder::end_size_line() {
  std::uint64_t size = 0;
  const char* const begin = line_.data();
  const char* const end = begin + line_.size();
  const auto [digits_end, error] = std::from_chars(begin, end, size, 16);
  if (digits_end == begin || digits_end - begin > 16 || error != std::errc{}) return refuse(400, kMalformed);
  const std::string_view rest(digits_end, static_cast<std::size_t>(end - digits_end));
  if (!rest.empty()) {
    const auto mark = rest.find_first_not_of(" \t");
    if (mark == std::string_view::npos || rest[mark] != ';') return refuse(400, kMalformed);
    extensions_ += rest.size();
    if (extensions_ > kMaxExtensions) return refuse(431, "the chunks' extensions are longer than 16 KiB together");
  }
  if (size > limit_ - taken_) return refuse(413, "the body is larger than is taken");
  line_.clear();
  chunk_left_ = size;
  state_ = size == 0 ? State::trailer_line : State::data;
  return {};
}

std::expected<void, Refusal> ChunkDecoder::end_trailer_line() {
  if (line_.empty()) {
    state_ = State::done;
    return {};
  }
  const auto colon = line_.find(':');
  if (colon == std::string::npos || line_.find_first_of(" \t") < colon || colon == 0) return refuse(400, kMalformed);
  trailers_ += line_.size() + 2;
  if (trailers_ > kMaxTrailers) return refuse(431, "a chunk's header or the trailers are longer than 1 KiB");
  line_.clear();
  return {};
}

std::expected<void, Refusal> ChunkDecoder::take_one(char c) {
  if (state_ == State::data_end) {
    line_ += c;
    if (!std::string_view("\r\n").starts_with(line_)) return refuse(400, kMalformed);
    if (line_.size() == 2) {
      line_.clear();
      state_ = State::size_line;
    }
    return {};
  }
  const bool trailer = state_ == State::trailer_line;
  const auto complete = take_line_byte(c, trailer ? kMaxTrailers - trailers_ : kMaxChunkLine);
  if (!complete) return std::unexpected(complete.error());
  if (!*complete) return {};
  return trailer ? end_trailer_line() : end_size_line();
}

std::expected<std::size_t, Refusal> ChunkDecoder::take(std::string_view bytes, std::string& out) {
  std::size_t at = 0;
  while (at < bytes.size() && state_ != State::done) {
    if (state_ != State::data) {
      if (auto good = take_one(bytes[at]); !good) return std::unexpected(good.error());
      ++at;
      continue;
    }
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, bytes.size() - at));
    out.append(bytes, at, count);
    at += count;
    taken_ += count;
    chunk_left_ -= count;
    if (chunk_left_ == 0) state_ = State::data_end;
  }
  return at;
}

}  // namespace triaged::http

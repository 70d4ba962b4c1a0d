// What the HTTP server makes of any bytes before a handler sees them: neither crashes nor hangs, what is accepted is in
// no doubt, and it makes no difference in which pieces it came.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "connectors/http/auth/crypto.hpp"
#include "connectors/http/auth/password.hpp"
#include "connectors/http/exchange.hpp"
#include "connectors/http/syntax/chunk_decoder.hpp"
#include "connectors/http/syntax/compression.hpp"
#include "connectors/http/syntax/request_head.hpp"
#include "connectors/http/syntax/target.hpp"

namespace {

using namespace triaged::http;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

void check_target(const RequestHead& head) {
  const auto target = parse_target(head.target, head.fields.find("Host").value_or(""));
  if (!target) return;
  require(is_utf8(target->path), "a path is UTF-8");
  require(std::none_of(target->path.begin(), target->path.end(), [](char c) { return c >= 0 && c < 0x20; }),
          "a path has no control characters");
  for (const auto& segment : target->segments) require(segment != "." && segment != "..", "a path goes nowhere else");
  for (const auto& parameter : target->query) {
    require(is_utf8(parameter.name) && is_utf8(parameter.value), "a query is UTF-8");
  }
}

void check_head(std::string_view bytes) {
  const auto head = parse_head(bytes);
  if (!head) return;
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    require(check_bytes(bytes.substr(0, size)).has_value(), "what is good as a whole is good in part");
  }
  const auto encodings = head->fields.count("Transfer-Encoding");
  const auto lengths = head->fields.count("Content-Length");
  require(encodings + lengths <= 1, "one field says where the body ends");
  require(std::holds_alternative<Chunked>(head->framing) == (encodings == 1), "chunked is chunked");
  require(encodings == 0 || !head->http_1_0, "HTTP/1.0 has no chunks");
  require(head->http_1_0 || head->fields.count("Host") == 1, "there is one host");
  check_target(*head);
  (void)accepts_gzip(head->fields.find("Accept-Encoding").value_or(""));
  (void)is_cross_site(head->fields, false);
}

struct Dechunked {
  bool good = true;
  bool done = false;
  std::string data;
  friend bool operator==(const Dechunked&, const Dechunked&) = default;
};

Dechunked dechunk(std::string_view bytes, std::size_t piece) {
  constexpr std::uint64_t kLimit = 4096;
  ChunkDecoder decoder(kLimit);
  Dechunked result;
  while (!bytes.empty() && result.good && !decoder.done()) {
    const auto taken = decoder.take(bytes.substr(0, piece), result.data);
    result.good = taken.has_value();
    if (taken) bytes.remove_prefix(*taken);
  }
  result.done = decoder.done();
  require(result.data.size() <= kLimit, "a body is bounded");
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t head = head_size(bytes);
  if (head > 0 && head <= kMaxHead) check_head(bytes.substr(0, head));
  const std::string_view body = bytes.substr(head);
  const Dechunked whole = dechunk(body, body.size());
  for (const std::size_t piece : {1U, 7U}) require(dechunk(body, piece) == whole, "pieces make no difference");
  if (const auto text = gunzip(body, 100'000, [](std::uint64_t) { return true; })) {
    require(text->size() <= 100'000, "a text is bounded");
  }
  (void)PasswordHash::parse(body);
  if (const auto decoded = from_base64(body)) require(to_base64(*decoded).size() == body.size(), "base64 is exact");
  return 0;
}

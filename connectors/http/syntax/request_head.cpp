#include "connectors/http/syntax/request_head.hpp"

#include <algorithm>
#include <charconv>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

namespace triaged::http {
namespace {

namespace beast_http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

std::unexpected<Refusal> refuse(int status, const char* detail) { return std::unexpected(Refusal{status, detail}); }

std::string_view view(string_view text) { return {text.data(), text.size()}; }

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Beast's parser, told to stop where the body begins.
class HeadParser final : public beast_http::basic_parser<true> {
 public:
  explicit HeadParser(RequestHead& head) : head_(head) {
    header_limit(static_cast<std::uint32_t>(kMaxHead));
    body_limit(boost::none);
  }

 private:
  void on_request_impl(beast_http::verb /*verb*/, string_view method, string_view target, int version,
                       error_code& /*error*/) override {
    head_.method = view(method);
    head_.target = view(target);
    head_.http_1_0 = version == 10;
  }
  void on_field_impl(beast_http::field /*field*/, string_view name, string_view value, error_code& /*error*/) override {
    head_.fields.add(view(name), view(value));
  }
  void on_header_impl(error_code& /*error*/) override {}
  void on_finish_impl(error_code& /*error*/) override {}

  // Not reached: this parser is given heads alone.
  void on_response_impl(int /*code*/, string_view /*reason*/, int /*version*/, error_code& /*error*/) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& /*length*/, error_code& /*error*/) override {}
  std::size_t on_body_impl(string_view body, error_code& /*error*/) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t /*size*/, string_view /*extensions*/, error_code& /*error*/) override {}
  std::size_t on_chunk_body_impl(std::uint64_t /*remain*/, string_view body, error_code& /*error*/) override {
    return body.size();
  }

  RequestHead& head_;
};

/// Lines end with CR LF and none is folded; the request line has two spaces; names are followed by their colon.
std::expected<void, Refusal> check_lines(std::string_view head) {
  auto end = head.find("\r\n");
  const std::string_view line = head.substr(0, end);
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == 0 || line.find(' ', first + 1) != last || last <= first + 1) {
    return refuse(400, "the request line is not a method, a target and a version");
  }
  if (!line.substr(last + 1).starts_with("HTTP/")) return refuse(400, "the request line has no version");
  if (const auto version = line.substr(last + 6); version != "1.1" && version != "1.0") {
    return refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
  }
  for (auto begin = end + 2; begin + 2 < head.size(); begin = end + 2) {
    end = head.find("\r\n", begin);
    const std::string_view field = head.substr(begin, end - begin);
    if (is_blank(field.front())) return refuse(400, "a header field goes on over a line's end");
    const auto colon = field.find(':');
    if (colon == std::string_view::npos || colon == 0 || is_blank(field[colon - 1])) {
      return refuse(400, "a header field is not a name, a colon and a value");
    }
  }
  return {};
}

std::expected<void, Refusal> check_host(const RequestHead& head) {
  const auto count = head.fields.count("Host");
  if (count == 0 && head.http_1_0) return {};
  if (count != 1) return refuse(400, "a request has one Host field");
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~:[]%!$&'()*+,;=").find(c) != std::string_view::npos;
  };
  const std::string_view host = *head.fields.find("Host");
  if (!std::all_of(host.begin(), host.end(), allowed)) return refuse(400, "the Host field is not a host");
  return {};
}

/// RFC 9112 section 6.3, without its leniences.
std::expected<Framing, Refusal> framing_of(const RequestHead& head) {
  const auto encodings = head.fields.count("Transfer-Encoding");
  const auto lengths = head.fields.count("Content-Length");
  if (encodings > 0) {
    if (lengths > 0) return refuse(400, "Transfer-Encoding and Content-Length exclude each other");
    if (head.http_1_0) return refuse(400, "HTTP/1.0 has no Transfer-Encoding");
    if (encodings > 1) return refuse(400, "Transfer-Encoding stands there more than once");
    if (!equal_ignoring_case(*head.fields.find("Transfer-Encoding"), "chunked")) {
      return refuse(501, "the only Transfer-Encoding is chunked, alone");
    }
    return Chunked{};
  }
  if (lengths == 0) return std::uint64_t{0};
  if (lengths > 1) return refuse(400, "Content-Length stands there more than once");
  const std::string_view text = *head.fields.find("Content-Length");
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || text.size() > 18) {
    return refuse(400, "Content-Length is not a number of bytes");
  }
  return length;
}

bool keeps_alive(const RequestHead& head) {
  const std::string_view connection = head.fields.find("Connection").value_or("");
  if (head.fields.count("Connection") > 1 || list_has(connection, "close")) return false;
  return !head.http_1_0 || list_has(connection, "keep-alive");
}

}  // namespace

bool list_has(std::string_view list, std::string_view item) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (equal_ignoring_case(trimmed(list.substr(0, comma)), item)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

std::size_t head_size(std::string_view bytes) {
  const auto end = bytes.find("\r\n\r\n");
  return end == std::string_view::npos ? 0 : end + 4;
}

std::expected<void, Refusal> check_bytes(std::string_view part_of_head) {
  for (std::size_t i = 0; i < part_of_head.size(); ++i) {
    const auto c = static_cast<unsigned char>(part_of_head[i]);
    if (c >= 0x20 && c != 0x7F) continue;
    if (c == '\t') continue;
    const bool ends_line = c == '\n' && i > 0 && part_of_head[i - 1] == '\r';
    const bool begins_end = c == '\r' && (i + 1 == part_of_head.size() || part_of_head[i + 1] == '\n');
    if (!ends_line && !begins_end) return refuse(400, "a header has control characters; lines end with CR LF");
  }
  return {};
}

std::expected<RequestHead, Refusal> parse_head(std::string_view bytes) {
  if (auto good = check_bytes(bytes); !good) return std::unexpected(good.error());
  if (auto good = check_lines(bytes); !good) return std::unexpected(good.error());
  RequestHead head;
  HeadParser parser(head);
  error_code error;
  const std::size_t taken = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  if (error == beast_http::error::header_limit || error == beast_http::error::buffer_overflow) {
    return refuse(431, "the header is longer than 8 KiB");
  }
  if (head.fields.size() > kMaxFields) return refuse(431, "there are more than 128 header fields");
  // Framing is looked at before Beast's own verdict on it, which has fewer words.
  if (auto good = check_host(head); !good) return std::unexpected(good.error());
  const auto framing = framing_of(head);
  if (!framing) return std::unexpected(framing.error());
  if (error || taken != bytes.size() || !parser.is_header_done()) {
    return refuse(400, "the request line or a header field is malformed");
  }
  head.framing = *framing;
  head.keep_alive = keeps_alive(head);
  if (const auto expect = head.fields.find("Expect"); expect && !head.http_1_0) {
    if (!equal_ignoring_case(*expect, "100-continue")) return refuse(417, "the only expectation is 100-continue");
    head.expects_continue = true;
  }
  return head;
}

}  // namespace triaged::http

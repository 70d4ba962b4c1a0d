// Targets, chunks, compression and what else is read or written byte by byte.
#include <catch2/catch.hpp>

#include "connectors/http/exchange.hpp"
#include "connectors/http/syntax/body_reader.hpp"
#include "connectors/http/syntax/chunk_decoder.hpp"
#include "connectors/http/syntax/compression.hpp"
#include "connectors/http/syntax/response_head.hpp"
#include "connectors/http/syntax/target.hpp"

using namespace triaged;
using namespace triaged::http;

namespace {

int target_status(const std::string& target) {
  const auto parsed = parse_target(target, "h");
  return parsed ? 0 : parsed.error().status;
}

struct Dechunked {
  int status = 0;  // of a refusal
  bool done = false;
  std::string data;
  std::size_t taken = 0;
  friend bool operator==(const Dechunked&, const Dechunked&) = default;
};

Dechunked dechunk(const std::string& bytes, std::size_t piece, std::uint64_t limit = 1'000'000) {
  ChunkDecoder decoder(limit);
  Dechunked result;
  while (result.taken < bytes.size() && !decoder.done()) {
    const auto part = std::string_view(bytes).substr(result.taken, piece);
    const auto taken = decoder.take(part, result.data);
    if (!taken) {
      result.status = taken.error().status;
      return result;
    }
    result.taken += *taken;
  }
  result.done = decoder.done();
  return result;
}

const Room kRoom = [](std::uint64_t) { return true; };

}  // namespace

TEST_CASE("a target is decoded", "[http]") {
  const auto target = parse_target("/a%20b/c%2Fd?x=1&y=%C3%A4+z&x=2&flag&=v&&", "h");
  REQUIRE(target);
  CHECK(target->path == "/a b/c/d");
  CHECK(target->segments == std::vector<std::string>{"a b", "c/d"});
  CHECK(target->query == Parameters{{"x", "1"}, {"y", "\xC3\xA4 z"}, {"x", "2"}, {"flag", ""}, {"", "v"}});
  CHECK(*find(target->query, "x") == "1");
  CHECK(find(target->query, "z") == nullptr);
  CHECK(parse_target("/", "h")->segments == std::vector<std::string>{""});
  CHECK(parse_target("/a/", "h")->segments == std::vector<std::string>{"a", ""});
  CHECK(parse_target("HTTP://H/a?b=c", "h")->path == "/a");
  CHECK(parse_target("https://h", "h")->path == "/");
  CHECK(parse_target("http://h?b=c", "h")->query == Parameters{{"b", "c"}});
}

TEST_CASE("a target that is none is refused", "[http]") {
  for (const char* target : {"",
                             "a",
                             "/%",
                             "/%4",
                             "/%zz",
                             "/%00",
                             "/%0a",
                             "/a%7Fb",
                             "/%FF",
                             "/%C3",
                             "/%ED%A0%80",
                             "/%C0%AF",
                             "/%F5%80%80%80",
                             "/a/../b",
                             "/a/..",
                             "/./a",
                             "/%2e%2E/a",
                             "/a#b",
                             "/a\x7F",
                             "/\xC3\xA4",
                             "/?%",
                             "/?a=%0",
                             "/?a=%00",
                             "/?%FF=1",
                             "ftp://h/a",
                             "http://other/a",
                             "http://user@h/a",
                             "//h/a%",
                             "h:80"}) {
    INFO(target);
    CHECK(target_status(target) == 400);
  }
  CHECK(target_status("/" + std::string(kMaxPath - 1, 'a')) == 0);
  CHECK(target_status("/" + std::string(kMaxPath, 'a')) == 414);
  CHECK(target_status("/...") == 0);
}

TEST_CASE("UTF-8 is told from what is not", "[http]") {
  CHECK(is_utf8("plain \xC2\x80 \xDF\xBF \xE0\xA0\x80 \xEF\xBF\xBF \xF0\x90\x80\x80 \xF4\x8F\xBF\xBF"));
  for (const char* text : {"\x80", "\xC1\x80", "\xC2", "\xC2z", "\xE0\x9F\xBF", "\xE1\x80", "\xED\xA0\x80",
                           "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xF1\x80\x80"}) {
    CHECK_FALSE(is_utf8(text));
  }
}

TEST_CASE("chunks are put together, however they come", "[http]") {
  const std::string bytes = "5\r\nhello\r\n006 ; a=\"b;c\"\r\n world\r\n0;last\r\nTrailer: x\r\nB:\r\n\r\nNEXT";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    CHECK(dechunk(bytes, piece) == Dechunked{0, true, "hello world", bytes.size() - 4});
  }
}

TEST_CASE("chunks that are none are refused", "[http]") {
  for (const std::string bytes : {"\r\n",
                                  "x\r\n",
                                  "-1\r\n",
                                  "+1\r\n",
                                  "0x1\r\n",
                                  " 1\r\n",
                                  "1\n",
                                  "1 \r\n",
                                  "1 x\r\n",
                                  "1;a\nb\r\n",
                                  "1;\x01\r\n",
                                  "1\r\nab\r\n",
                                  "1\r\na\n",
                                  "1\r\na\r0",
                                  "11111111111111111\r\n",
                                  "ffffffffffffffffff\r\n",
                                  "0\r\nno colon\r\n",
                                  "0\r\n: x\r\n",
                                  "0\r\na : x\r\n",
                                  "0\r\n folded: x\r\n",
                                  "0\r\na: x\n",
                                  "0\r\n\rx"}) {
    INFO(bytes);
    const auto whole = dechunk(bytes, bytes.size());
    CHECK(whole.status == 400);
    CHECK(dechunk(bytes, 1).status == whole.status);
  }
}

TEST_CASE("chunks are bounded", "[http]") {
  CHECK(dechunk("a\r\n0123456789\r\n0\r\n\r\n", 99, 10).done);
  CHECK(dechunk("b\r\n", 99, 10).status == 413);
  CHECK(dechunk("a\r\n0123456789\r\n1\r\n", 99, 10).status == 413);
  CHECK(dechunk("ffffffffffffffff\r\n", 99, 10).status == 413);
  CHECK(dechunk("1;" + std::string(kMaxChunkLine - 3, 'e') + "\r\n", 9'999).status == 0);
  CHECK(dechunk("1;" + std::string(kMaxChunkLine, 'e') + "\r\n", 9'999).status == 431);
  std::string extended;
  while (extended.size() < 2 * kMaxExtensions) extended += "1;" + std::string(900, 'e') + "\r\nx\r\n";
  CHECK(dechunk(extended, extended.size()).status == 431);
  CHECK(dechunk("0\r\nA: " + std::string(kMaxTrailers - 10, 't') + "\r\n\r\n", 9'999).done);
  CHECK(dechunk("0\r\nA: " + std::string(kMaxTrailers, 't') + "\r\n\r\n", 9'999).status == 431);
  std::string trailers = "0\r\n";
  while (trailers.size() < 2 * kMaxTrailers) trailers += "A: b\r\n";
  CHECK(dechunk(trailers, trailers.size()).status == 431);
}

TEST_CASE("gzip comes out as it went in", "[http]") {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i * 7919) + ",";
  const std::string zipped = gzip(text);
  CHECK(zipped.size() < text.size());
  CHECK(gunzip(zipped, text.size(), kRoom) == text);
  CHECK(gunzip(zipped + gzip("more"), text.size() + 4, kRoom) == text + "more");
  CHECK(gunzip(gzip(""), 0, kRoom) == "");
}

TEST_CASE("gzip that is too much, or none, is refused", "[http]") {
  const std::string zipped = gzip(std::string(100'000, 'a'));
  CHECK(gunzip(zipped, 100'000, kRoom).has_value());
  CHECK(gunzip(zipped, 99'999, kRoom).error().status == 413);
  CHECK(gunzip("", 10, kRoom).error().status == 400);
  CHECK(gunzip("not gzip", 10, kRoom).error().status == 400);
  CHECK(gunzip(zipped.substr(0, zipped.size() - 1), 200'000, kRoom).error().status == 400);
  CHECK(gunzip(zipped + "x", 200'000, kRoom).error().status == 400);
  std::uint64_t room = 0;
  CHECK(gunzip(zipped, 1'000'000, [&](std::uint64_t bytes) { return (room += bytes) < 100'000; }).error().status ==
        503);
  // A megabyte for nothing, then by what came: nothing that people wrote shrinks so much.
  const std::string bomb = gzip(std::string(8 << 20, '\0'));
  CHECK(gunzip(bomb, 1 << 30, kRoom).error().status == 413);
}

TEST_CASE("what a client takes", "[http]") {
  for (const char* good : {"gzip", "GZIP", "x-gzip", "deflate, gzip;q=0.5", "gzip;q=1.000", "*", "br, *;q=0.1",
                           "gzip; q=0.001", "identity;q=0.5, gzip;q=0.8"}) {
    INFO(good);
    CHECK(accepts_gzip(good));
  }
  for (const char* bad : {"", "br", "gzip;q=0", "gzip;q=0.000", "*;q=0", "gzip;q=0, *", "identity, gzip;q=0.5",
                          "gzip;q=x", "gzip;q=2", "gzip;q=0.0001", ",", "gzipp"}) {
    INFO(bad);
    CHECK_FALSE(accepts_gzip(bad));
  }
  CHECK(is_compressible("application/json"));
  CHECK(is_compressible("text/plain; charset=utf-8"));
  CHECK(is_compressible("application/openmetrics-text; version=1.0.0"));
  CHECK(is_compressible("application/problem+json"));
  CHECK_FALSE(is_compressible("application/octet-stream"));
  CHECK_FALSE(is_compressible(""));
}

TEST_CASE("dates, and heads of answers", "[http]") {
  CHECK(to_http_date(Time{std::chrono::milliseconds{784'887'151'999}}) == "Tue, 15 Nov 1994 08:12:31 GMT");
  Response response = text(200, "");
  response.headers.push_back({"Location", "/a\r\nSet-Cookie: evil"});
  response.headers.push_back({"Cache-Control", "max-age=60"});
  const std::string head = response_head(response, {.length = 7, .close = true, .date = "now", .request_id = "id"});
  CHECK(head ==
        "HTTP/1.1 200 OK\r\nDate: now\r\nServer: triaged\r\nX-Request-Id: id\r\nContent-Type: text/plain; "
        "charset=utf-8\r\nContent-Length: 7\r\nVary: Accept-Encoding\r\nX-Content-Type-Options: nosniff\r\nLocation: "
        "/a  Set-Cookie: evil\r\nCache-Control: max-age=60\r\nConnection: close\r\n\r\n");
}

TEST_CASE("a page may load what is ours alone", "[http]") {
  const Response response = page("<p>");
  CHECK(response.content_type == "text/html; charset=utf-8");
  CHECK(response.headers.at(0).name == "Content-Security-Policy");
  CHECK(response.headers.at(0).value.starts_with("default-src 'self';"));
}

TEST_CASE("problems", "[http]") {
  const Response response = problem(422, "a \"fault\"", {{"errors", R"([{"at":1}])"}});
  CHECK(render(*response.problem, response.status, "id-1") ==
        R"({"type":"about:blank","title":"Unprocessable Entity","status":422,"detail":"a \"fault\"","instance":"id-1",)"
        R"("errors":[{"at":1}]})"
        "\n");
  CHECK(unavailable("later", std::chrono::milliseconds(1500)).headers.at(0).value == "2");
}

// Heads: what two servers on a way might read differently is refused.
#include "connectors/http/syntax/request_head.hpp"

#include <catch2/catch.hpp>

using namespace triaged::http;

namespace {

/// 0: good.
int status_of(const std::string& head) {
  const auto parsed = parse_head(head);
  return parsed ? 0 : parsed.error().status;
}

/// A POST with a host, these field lines, and the end.
std::string post(const std::string& fields) { return "POST /a HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n"; }

}  // namespace

TEST_CASE("a head is taken apart", "[http]") {
  const auto head =
      parse_head("PUT /a?b=c HTTP/1.1\r\nhost: h:1\r\nX-One: 1\r\nx-one:  two  \r\nContent-Length: 12\r\n\r\n");
  REQUIRE(head);
  CHECK(head->method == "PUT");
  CHECK(head->target == "/a?b=c");
  CHECK(head->fields.find("HOST") == "h:1");
  CHECK(head->fields.find("x-one") == "1");
  CHECK(head->fields.count("X-ONE") == 2);
  CHECK_FALSE(head->fields.find("x-two"));
  CHECK(std::get<std::uint64_t>(head->framing) == 12);
  CHECK(head->keep_alive);
  CHECK_FALSE(head->http_1_0);
  CHECK_FALSE(head->expects_continue);
}

TEST_CASE("framing is never in doubt", "[http]") {
  CHECK(std::holds_alternative<Chunked>(parse_head(post("Transfer-Encoding: chunked\r\n"))->framing));
  CHECK(std::holds_alternative<Chunked>(parse_head(post("Transfer-Encoding:\tCHUNKED \r\n"))->framing));
  CHECK(status_of(post("Content-Length: 0\r\n")) == 0);
  const auto fields = GENERATE(
      as<std::string>{},  //
      "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
      "Content-Length: 3\r\nTransfer-Encoding: identity\r\n",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "Content-Length: 3\r\nContent-Length: 3\r\n",
      "Content-Length: 3\r\nContent-Length: 4\r\n", "Content-Length: 3, 3\r\n", "Content-Length: 3,4\r\n",
      "Content-Length: +3\r\n", "Content-Length: -3\r\n", "Content-Length: 0x3\r\n", "Content-Length: 3 3\r\n",
      "Content-Length: \r\n", "Content-Length: 3;\r\n", "Content-Length: 99999999999999999999\r\n",
      "Content-Length: 0000000000000000003\r\n", "Content-Length : 3\r\n", " Content-Length: 3\r\n",
      "Transfer-Encoding : chunked\r\n");
  INFO(fields);
  CHECK(status_of(post(fields)) == 400);
}

TEST_CASE("transfer codings other than a lone chunked are not known", "[http]") {
  const auto coding = GENERATE(as<std::string>{}, "gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked",
                               "identity", "chunked;q=1", "xchunked", "\"chunked\"", "chunked,", ",chunked", "");
  INFO(coding);
  CHECK(status_of(post("Transfer-Encoding: " + coding + "\r\n")) == 501);
}

TEST_CASE("chunks are for HTTP/1.1", "[http]") {
  CHECK(status_of("POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
  CHECK(status_of("POST /a HTTP/1.0\r\nContent-Length: 3\r\n\r\n") == 0);
}

TEST_CASE("lines are lines, and fields are fields", "[http]") {
  using namespace std::string_literals;
  const auto fields = GENERATE(as<std::string>{},  //
                               "A: b\r\n folded\r\n", "A: b\r\n\tfolded\r\n", "A: b\nC: d\r\n", "A: b\rC: d\r\n",
                               "A: b\r\r\n", "A: \0b\r\n"s, "A: \x01"s + "b\r\n", "A: \x7F\r\n", "no colon\r\n",
                               ": no name\r\n", "A b: c\r\n", "A\t: c\r\n", "A(: c\r\n", "\xC3\xA4: c\r\n", "\n\r\n");
  INFO(fields);
  CHECK(status_of(post(fields)) == 400);
  CHECK(check_bytes(post("A: b\r\n").substr(0, 20)));
}

TEST_CASE("request lines", "[http]") {
  const auto status = [](const std::string& line) { return status_of(line + "\r\nHost: h\r\n\r\n"); };
  CHECK(status("GET / HTTP/1.1") == 0);
  for (const char* line :
       {"GET /", "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET / a HTTP/1.1", " GET / HTTP/1.1", "GET\t/\tHTTP/1.1",
        "GET / HTTP/1.1 ", "GET / http/1.1", "GET / XTTP/1.1", "G@T / HTTP/1.1", "GET", "GET  HTTP/1.1", ""}) {
    INFO(line);
    CHECK(status(line) == 400);
  }
  for (const char* line : {"GET / HTTP/2.0", "GET / HTTP/1.2", "GET / HTTP/0.9", "GET / HTTP/1.10", "GET / HTTP/1."}) {
    INFO(line);
    CHECK(status(line) == 505);
  }
}

TEST_CASE("the host is named once", "[http]") {
  CHECK(status_of("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(status_of("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n") == 400);
  CHECK(status_of("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n") == 400);
  CHECK(status_of("GET / HTTP/1.1\r\nHost: a b\r\n\r\n") == 400);
  CHECK(status_of("GET / HTTP/1.1\r\nHost: user@a\r\n\r\n") == 400);
  CHECK(status_of("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n") == 0);
  CHECK(status_of("GET / HTTP/1.1\r\nHost:\r\n\r\n") == 0);
  CHECK(status_of("GET / HTTP/1.0\r\n\r\n") == 0);
}

TEST_CASE("who keeps the connection", "[http]") {
  const auto keeps = [](const std::string& version, const std::string& fields) {
    return parse_head("GET / " + version + "\r\nHost: h\r\n" + fields + "\r\n")->keep_alive;
  };
  CHECK(keeps("HTTP/1.1", ""));
  CHECK(keeps("HTTP/1.1", "Connection: keep-alive\r\n"));
  CHECK_FALSE(keeps("HTTP/1.1", "Connection: Close\r\n"));
  CHECK_FALSE(keeps("HTTP/1.1", "Connection: upgrade , close\r\n"));
  CHECK_FALSE(keeps("HTTP/1.1", "Connection: upgrade\r\nConnection: close\r\n"));
  CHECK_FALSE(keeps("HTTP/1.0", ""));
  CHECK(keeps("HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

TEST_CASE("expectations", "[http]") {
  CHECK(parse_head(post("Expect: 100-Continue\r\n"))->expects_continue);
  CHECK(status_of(post("Expect: something\r\n")) == 417);
  CHECK_FALSE(parse_head("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n")->expects_continue);
}

TEST_CASE("fields are bounded", "[http]") {
  std::string fields;
  for (std::size_t i = 1; i < kMaxFields; ++i) fields += "A: b\r\n";  // and Host
  CHECK(status_of(post(fields)) == 0);
  CHECK(status_of(post(fields + "A: b\r\n")) == 431);
}

TEST_CASE("where a head ends", "[http]") {
  CHECK(head_size("GET / HTTP/1.1\r\n\r\nrest") == 18);
  CHECK(head_size("GET / HTTP/1.1\r\n\r") == 0);
}

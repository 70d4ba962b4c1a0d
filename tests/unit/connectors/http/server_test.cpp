// What every request gets, told by a client that speaks bytes.
#include "connectors/http/server.hpp"

#include <thread>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "connectors/http/syntax/compression.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/http_server.hpp"

using namespace triaged;
using namespace triaged::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

TEST_CASE("a request is answered, and so is the next on the same connection", "[http]") {
  TestServer server;
  HttpClient client(server.address());
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.ask("GET", "/hello");
    CHECK(answer.status == 200);
    CHECK(answer.body == "hello");
    CHECK(answer.field("Content-Type") == "text/plain; charset=utf-8");
    CHECK(answer.field("X-Content-Type-Options") == "nosniff");
    CHECK(answer.field("Cache-Control") == "no-store");
    CHECK(answer.field("Server") == "triaged");
    CHECK_THAT(answer.field("Date"), Catch::Matchers::EndsWith(" GMT"));
    CHECK_FALSE(answer.has("Connection"));
  }
  const auto finished = server.observer.wait_finished(3);
  REQUIRE(finished.size() == 3);
  CHECK(finished[2].method == "GET");
  CHECK(finished[2].route == "/hello");
  CHECK(finished[2].status == 200);
  CHECK_FALSE(finished[2].cut);
  CHECK(finished[2].peer == "127.0.0.1");
  CHECK(finished[2].bytes_in == std::string_view("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n").size());
  CHECK(finished[2].bytes_out > 100);
  CHECK(finished[1].id != finished[2].id);
}

TEST_CASE("requests that were sent at once are answered in order, one at a time", "[http]") {
  TestServer server;
  HttpClient client(server.address());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nfirst"
      "\r\nPOST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nsecond\r\n0\r\n\r\n"
      "POST /later HTTP/1.1\r\nHost: h\r\n\r\n"
      "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(client.receive().body == "first");
  CHECK(client.receive().body == "second");
  const auto respond = server.later.next();
  REQUIRE(respond);
  CHECK(server.observer.wait_finished(2).size() == 2);  // the last waits for the one before
  (*respond)(http::text(200, "third"));
  CHECK(client.receive().body == "third");
  CHECK(client.receive().body == "hello");
}

TEST_CASE("HEAD is GET without the body", "[http]") {
  TestServer server;
  HttpClient client(server.address());
  const auto answer = client.ask("HEAD", "/hello");
  CHECK(answer.status == 200);
  CHECK(answer.field("Content-Length") == "5");
  CHECK(client.ask("GET", "/hello").body == "hello");  // nothing of a body stands in between
}

TEST_CASE("what isn't there, other methods, OPTIONS", "[http]") {
  TestServer server;
  HttpClient client(server.address());
  auto answer = client.ask("GET", "/nowhere", "X-Request-Id: abc.1_2-3\r\n");
  CHECK(answer.status == 404);
  CHECK(answer.field("Content-Type") == "application/problem+json");
  CHECK(answer.field("X-Request-Id") == "abc.1_2-3");
  CHECK(answer.body ==
        R"({"type":"about:blank","title":"Not Found","status":404,"detail":"there is nothing at this path",)"
        R"("instance":"abc.1_2-3"})"
        "\n");
  answer = client.ask("DELETE", "/things/7");
  CHECK(answer.status == 405);
  CHECK(answer.field("Allow") == "GET, HEAD, PUT, OPTIONS");
  CHECK(client.ask("BREW", "/things/7").status == 405);
  CHECK(client.ask("TRACE", "/hello").status == 501);
  answer = client.ask("OPTIONS", "/echo");
  CHECK(answer.status == 204);
  CHECK(answer.field("Allow") == "POST, OPTIONS");
  CHECK_FALSE(answer.has("Content-Length"));
  CHECK(client.ask("OPTIONS", "*").status == 204);
  CHECK(client.ask("GET", "*").status == 400);
  CHECK(client.ask("GET", "/things/a%2Fb%20c").body == "a/b c");
  CHECK(client.ask("GET", "http://localhost/things/x?y=z").body == "x");
  CHECK(client.ask("GET", "http://elsewhere/things/x").status == 400);
}

TEST_CASE("request ids that aren't sane are replaced", "[http]") {
  TestServer server;
  HttpClient client(server.address());
  const std::vector<std::string> ids = {std::string(65, 'a'), "a b", "a\"b", "\xC3\xA4"};
  for (const std::string& id : ids) {
    const auto answer = client.ask("GET", "/hello", "X-Request-Id: " + id + "\r\n");
    CHECK(answer.status == 200);
    CHECK_FALSE(answer.field("X-Request-Id").empty());
    CHECK(answer.field("X-Request-Id") != id);
  }
}

TEST_CASE("HTTP/1.0 closes unless it is asked not to", "[http]") {
  TestServer server;
  HttpClient client(server.address());
  client.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(client.receive().field("Connection") == "keep-alive");
  client.send("GET /hello HTTP/1.0\r\n\r\n");
  const auto answer = client.receive();
  CHECK(answer.body == "hello");
  CHECK(answer.field("Connection") == "close");
  CHECK(client.ended());
}

TEST_CASE("Connection: close is obeyed", "[http]") {
  TestServer server;
  HttpClient client(server.address());
  CHECK(client.ask("GET", "/hello", "Connection: close\r\n").field("Connection") == "close");
  CHECK(client.ended());
}

TEST_CASE("bodies come with a length, in chunks, and after 100-continue", "[http]") {
  TestServer server;
  HttpClient client(server.address());
  const std::string large(300'000, 'b');
  CHECK(client.ask("POST", "/echo", "", large).body == large);
  std::string chunked = "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n";
  for (std::size_t at = 0; at < large.size(); at += 30'000) {
    chunked += fmt::format("{:x};name=value\r\n", 30'000) + large.substr(at, 30'000) + "\r\n";
  }
  client.send(chunked + "0\r\nTrailer: ignored\r\n\r\n");
  CHECK(client.receive().body == large);
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.receive().status == 100);
  client.send("body");
  CHECK(client.receive().body == "body");
  // What is refused anyway is refused before it is sent.
  client.send("POST /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.receive().status == 404);
  CHECK(client.ended());
}

TEST_CASE("other expectations are not met", "[http]") {
  TestServer server;
  HttpClient client(server.address());
  CHECK(client.ask("POST", "/echo", "Expect: the-unexpected\r\n", "body").status == 417);
}

TEST_CASE("gzip, both ways", "[http]") {
  TestServer server;
  HttpClient client(server.address());
  const std::string text(5'000, 'z');
  auto answer = client.ask("POST", "/echo", "Content-Encoding: gzip\r\nAccept-Encoding: gzip\r\n", http::gzip(text));
  CHECK(answer.field("Content-Encoding") == "gzip");
  CHECK(answer.field("Vary") == "Accept-Encoding");
  CHECK(http::gunzip(answer.body, 10'000, [](std::uint64_t) { return true; }) == text);
  CHECK_FALSE(client.ask("GET", "/large?bytes=5000", "Accept-Encoding: gzip;q=0\r\n").has("Content-Encoding"));
  CHECK_FALSE(client.ask("GET", "/large?bytes=1024", "Accept-Encoding: gzip\r\n").has("Content-Encoding"));
  answer = client.ask("HEAD", "/large?bytes=5000", "Accept-Encoding: gzip\r\n");
  CHECK(answer.field("Content-Encoding") == "gzip");
  answer = client.ask("POST", "/echo", "Content-Encoding: br\r\n", "x");
  CHECK(answer.status == 415);
  CHECK(answer.field("Accept-Encoding") == "gzip");
}

TEST_CASE("a handler that forgets its answer, or throws, has answered 500", "[http]") {
  TestServer server;
  HttpClient client(server.address());
  CHECK(client.ask("POST", "/dropped").status == 500);
  CHECK(client.ask("POST", "/throws").status == 500);
  CHECK(client.ask("GET", "/hello").status == 200);
}

TEST_CASE("an answer may come from another thread", "[http]") {
  TestServer server;
  HttpClient client(server.address());
  for (int i = 0; i < 20; ++i) {
    client.send("POST /later HTTP/1.1\r\nHost: h\r\n\r\n");
    auto respond = server.later.next();
    REQUIRE(respond);
    std::thread([&respond, i] { (*respond)(http::text(200, std::to_string(i))); }).join();
    CHECK(client.receive().body == std::to_string(i));
  }
}

TEST_CASE("an answer to a client that has left goes nowhere", "[http]") {
  TestServer server;
  std::unique_ptr<http::Respond> respond;
  {
    HttpClient client(server.address());
    client.send("POST /later HTTP/1.1\r\nHost: h\r\n\r\n");
    respond = server.later.next();
    REQUIRE(respond);
  }
  (*respond)(http::text(200, "too late"));
  CHECK(HttpClient(server.address()).ask("GET", "/hello").status == 200);
}

TEST_CASE("a page of another site changes nothing", "[http]") {
  TestServer server;
  const auto status = [&](const char* fields, const char* method = "POST") {
    return HttpClient(server.address()).ask(method, method == std::string("POST") ? "/echo" : "/hello", fields).status;
  };
  CHECK(status("Origin: http://localhost\r\n") == 200);
  CHECK(status("Origin: https://evil.example\r\n") == 403);
  CHECK(status("Origin: null\r\n") == 403);
  CHECK(status("Sec-Fetch-Site: cross-site\r\n") == 403);
  CHECK(status("Sec-Fetch-Site: same-site\r\n") == 403);
  CHECK(status("Sec-Fetch-Site: same-origin\r\n") == 200);
  CHECK(status("Sec-Fetch-Site: cross-site\r\n", "GET") == 200);
  HttpClient rebound(server.address());
  rebound.send("POST /echo HTTP/1.1\r\nHost: evil.example:80\r\nOrigin: http://evil.example:80\r\n\r\n");
  CHECK(rebound.receive().status == 403);
}

TEST_CASE("several I/O threads share the connections", "[http]") {
  http::Options options;
  options.threads = 3;
  TestServer server(options);
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 9; ++i) clients.push_back(std::make_unique<HttpClient>(server.address()));
  for (int i = 0; i < 5; ++i) {
    for (const auto& client : clients) client->send("POST /later HTTP/1.1\r\nHost: h\r\n\r\n");
    for (std::size_t k = 0; k < clients.size(); ++k) (*server.later.next())(http::text(200, "ok"));
    for (const auto& client : clients) CHECK(client->receive().body == "ok");
  }
}

TEST_CASE("where it can't listen, it says why", "[http]") {
  const auto fault = [](const std::string& listen) {
    http::Options options;
    options.settings.listen = listen;
    return TestServer(options).fault;
  };
  CHECK_THAT(fault("0.0.0.0:0"), Contains("would let everybody in") && Contains("http.tls"));
  CHECK_THAT(fault(":0"), Contains("would let everybody in"));
  CHECK_THAT(fault("[::]:0"), Contains("would let everybody in"));
  CHECK_THAT(fault("here"), StartsWith("can't listen on \"here\""));
  CHECK_THAT(fault("no.such.host.invalid:0"), StartsWith("can't listen on"));
  CHECK(fault("localhost:0").empty());
  CHECK_THAT(fault("127.0.0.1:70000"), StartsWith("can't listen on"));
  TestServer first;
  CHECK_THAT(fault(first.address()), Contains("in use"));
}

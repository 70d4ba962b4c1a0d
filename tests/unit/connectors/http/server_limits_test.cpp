// What a client can't do to the server, however slow, large or many it is.
#include <filesystem>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "connectors/http/server.hpp"
#include "connectors/http/syntax/compression.hpp"
#include "connectors/http/syntax/request_head.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/http_server.hpp"

using namespace triaged;
using namespace triaged::test;
using namespace std::chrono_literals;

namespace {

/// As many descriptors as the machine lets one have: both ends of every connection are here.
void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

std::string post(const std::string& fields) { return "POST /echo HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n"; }

}  // namespace

TEST_CASE("what can't be read is refused, and the connection ends", "[http]") {
  TestServer server;
  const auto status = [&](const std::string& bytes) {
    HttpClient client(server.address());
    client.send(bytes);
    const auto answer = client.receive();
    CHECK(answer.field("Connection") == "close");
    CHECK(client.ended());
    return answer.status;
  };
  CHECK(status(post("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n")) == 400);
  CHECK(status(post("Transfer-Encoding: gzip\r\n") + "x") == 501);
  CHECK(status(post("Content-Length: 1\r\nContent-Length: 2\r\n")) == 400);
  CHECK(status("GET /hello HTTP/1.1\r\n\r\n") == 400);
  CHECK(status("GET /hello HTTP/1.1\n") == 400);                 // before its end has come
  CHECK(status(std::string("\x16\x03\x01\x02\x00", 5)) == 400);  // TLS, where there is none
  CHECK(status("GET /%zz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n") == 400);
  CHECK(status(post("Transfer-Encoding: chunked\r\n") + "zz\r\n") == 400);
  CHECK(status(post("Transfer-Encoding: chunked\r\n") + "1;" + std::string(2'000, 'e')) == 431);
  CHECK(status(post("Transfer-Encoding: chunked\r\n") + "0\r\nA: " + std::string(2'000, 't')) == 431);
  CHECK(status(post("X: " + std::string(http::kMaxHead, 'x'))) == 431);
  CHECK(status("GET /" + std::string(http::kMaxHead, 'x')) == 414);
  const auto finished = server.observer.wait_finished(12);
  REQUIRE(finished.size() == 12);
  CHECK(finished[0].route.empty());
  CHECK(finished[0].status == 400);
}

TEST_CASE("a head of 8 KiB is taken, one byte more is not", "[http]") {
  TestServer server;
  const std::string rest = "GET /hello HTTP/1.1\r\nHost: h\r\nX: \r\n\r\n";
  const auto head = [&](std::size_t size) {
    return "GET /hello HTTP/1.1\r\nHost: h\r\nX: " + std::string(size - rest.size(), 'x') + "\r\n\r\n";
  };
  HttpClient good(server.address());
  good.send(head(http::kMaxHead));
  CHECK(good.receive().status == 200);
  HttpClient bad(server.address());
  bad.send(head(http::kMaxHead + 1));
  CHECK(bad.receive().status == 431);
}

TEST_CASE("bodies are bounded, also when they are decompressed", "[http]") {
  http::Options options;
  options.settings.max_body = 100'000;
  TestServer server(options);
  const auto status = [&](const std::string& fields, const std::string& body, const char* path = "/echo") {
    return HttpClient(server.address()).ask("POST", path, fields, body).status;
  };
  CHECK(status("", std::string(100'000, 'x')) == 200);
  CHECK(status("", std::string(100'001, 'x')) == 413);
  CHECK(status("Content-Encoding: gzip\r\n", http::gzip(std::string(100'000, 'x'))) == 200);
  CHECK(status("Content-Encoding: gzip\r\n", http::gzip(std::string(100'001, 'x'))) == 413);
  CHECK(status("Content-Encoding: gzip\r\n", http::gzip(std::string(50 << 20, 'x'))) == 413);
  CHECK(status("Content-Encoding: gzip\r\n", "no gzip at all") == 400);
  CHECK(status("", std::string(16, 'x'), "/small") == 200);
  CHECK(status("", std::string(17, 'x'), "/small") == 413);
  HttpClient chunked(server.address());
  chunked.send(post("Transfer-Encoding: chunked\r\n") + "186a1\r\n");
  CHECK(chunked.receive().status == 413);
}

TEST_CASE("a client that takes its time is cut", "[http]") {
  http::Options options;
  options.header_timeout = 200ms;
  options.settings.request_timeout = 300ms;
  options.settings.idle_timeout = 200ms;
  options.linger = 100ms;
  TestServer server(options);

  SECTION("it says nothing") {
    HttpClient client(server.address());
    CHECK(client.ended());
    CHECK(server.wait_connections(0));
  }
  SECTION("it says nothing more") {
    HttpClient client(server.address());
    CHECK(client.ask("GET", "/hello").status == 200);
    CHECK(client.ended());
  }
  SECTION("its head doesn't end") {
    HttpClient client(server.address());
    client.send("GET /hello HTTP/1.1\r\nHost");
    CHECK(client.receive().status == 408);
    CHECK(client.ended());
  }
  SECTION("its head goes on and on") {
    HttpClient client(server.address());
    client.send("GET /hello HTTP/1.1\r\n");
    std::size_t sent = 0;  // by one field at a time; the answer shows when the deadline came
    while (sent < 1'000'000 && client.send("A: b\r\n")) ++sent;
    CHECK(sent < 1'000'000);
  }
  SECTION("its body doesn't end") {
    HttpClient client(server.address());
    client.send(post("Content-Length: 10\r\n") + "123");
    CHECK(client.receive().status == 408);
    CHECK(client.ended());
  }
  SECTION("its chunks don't end") {
    HttpClient client(server.address());
    client.send(post("Transfer-Encoding: chunked\r\n") + "5\r\n123");
    CHECK(client.receive().status == 408);
    CHECK(client.ended());
  }
  SECTION("it doesn't read") {
    HttpClient client(server.address(), 4096);
    client.send("GET /large?bytes=30000000 HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto finished = server.observer.wait_finished(1);
    REQUIRE(finished.size() == 1);
    CHECK(finished[0].cut);
    CHECK(finished[0].status == 200);
    CHECK(client.receive_all().size() < 30'000'000);
  }
  SECTION("it doesn't end after the last answer") {
    HttpClient client(server.address());
    CHECK(client.ask("GET", "/hello", "Connection: close\r\n").status == 200);
    CHECK(client.ended());
    while (client.send("x")) {
    }  // taken and let go, until the connection is reset
    CHECK(server.wait_connections(0));
  }
}

TEST_CASE("a large answer gets through to one who reads", "[http]") {
  TestServer server;
  HttpClient client(server.address(), 4096);
  CHECK(client.ask("GET", "/large?bytes=3000000").body.size() == 3'000'000);
}

TEST_CASE("a handler that takes too long is not waited for", "[http]") {
  http::Options options;
  options.answer_timeout = 50ms;
  TestServer server(options);
  HttpClient client(server.address());
  client.send("POST /later HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto answer = client.receive();
  CHECK(answer.status == 503);
  CHECK(answer.field("Retry-After") == "1");
  const auto respond = server.later.next();
  REQUIRE(respond);
  (*respond)(http::text(200, "too late"));
  CHECK(client.ask("GET", "/hello").body == "hello");
}

TEST_CASE("bodies wait for memory, and get it in their turn", "[http]") {
  http::Options options;
  options.settings.max_body = 1'000;
  options.body_memory = 0;  // the least there is: one body before and after decompression
  options.settings.request_timeout = 200ms;
  TestServer server(options);
  HttpClient first(server.address());
  HttpClient second(server.address());
  HttpClient third(server.address());
  const std::string request =
      "POST /later HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n" + std::string(1'000, 'x');
  // One after the other: of two that are sent at once, either may be the first.
  first.send(request);
  auto answer_first = server.later.next();
  REQUIRE(answer_first);
  second.send(request);
  auto answer_second = server.later.next();
  REQUIRE(answer_second);
  third.send(request);
  SECTION("until it is there") {
    (*answer_first)(http::text(200, "1"));
    const auto answer_third = server.later.next();
    REQUIRE(answer_third);
    (*answer_third)(http::text(200, "3"));
    CHECK(third.receive().body == "3");
  }
  SECTION("as long as a request may take") {
    CHECK(third.receive().status == 503);
    (*answer_first)(http::text(200, "1"));
  }
  (*answer_second)(http::text(200, "2"));
  CHECK(first.receive().body == "1");
  CHECK(second.receive().body == "2");
}

TEST_CASE("a thousand connections are served", "[http]") {
  raise_descriptor_limit();
  TestServer server;
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 1'000; ++i) clients.push_back(std::make_unique<HttpClient>(server.address()));
  for (int round = 0; round < 2; ++round) {
    for (const auto& client : clients) client->send("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    int good = 0;
    for (const auto& client : clients) good += client->receive().body == "hello" ? 1 : 0;
    CHECK(good == 1'000);
  }
  CHECK(server.wait_connections(1'000));
}

TEST_CASE("one connection too many is told so, and ends", "[http]") {
  http::Options options;
  options.settings.max_connections = 3;
  options.header_timeout = 300ms;
  http::RefusedConnection reason = http::RefusedConnection::too_many;
  SECTION("of all") {}
  SECTION("of one address") {
    options.settings.max_connections = 100;
    options.settings.max_connections_per_address = 3;
    reason = http::RefusedConnection::too_many_of_address;
  }
  TestServer server(options);
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<HttpClient>(server.address()));
    CHECK(clients.back()->ask("GET", "/hello").status == 200);
  }
  HttpClient talkative(server.address());
  const auto answer = talkative.ask("GET", "/hello");
  CHECK(answer.status == 503);
  CHECK(answer.field("Retry-After") == "1");
  CHECK(answer.field("Connection") == "close");
  CHECK(talkative.ended());
  HttpClient silent(server.address());
  CHECK(silent.receive().status == 503);  // told without asking
  CHECK(server.observer.wait_refused(2) == std::vector<http::RefusedConnection>{reason, reason});
  CHECK(clients.front()->ask("GET", "/hello").status == 200);
  clients.clear();
  CHECK(server.observer.wait_finished(6).size() == 6);
}

TEST_CASE("far too many connections don't hang", "[http]") {
  raise_descriptor_limit();
  http::Options options;
  options.settings.max_connections = 1;
  options.header_timeout = 300ms;
  TestServer server(options);
  HttpClient first(server.address());
  CHECK(first.ask("GET", "/hello").status == 200);
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(std::make_unique<HttpClient>(server.address()));
  for (const auto& client : clients) CHECK_THAT(client->receive_all(), Catch::Matchers::StartsWith("HTTP/1.1 503"));
  CHECK(first.ask("GET", "/hello").status == 200);
}

TEST_CASE("without descriptors, clients are told, and it goes on when there are some", "[http]") {
  TestServer server;
  HttpClient first(server.address());
  CHECK(first.ask("GET", "/hello").status == 200);
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  std::vector<int> filling;
  while (filling.size() < 200'000) {  // what is free below the limit; then a limit just above what is in use
    const int descriptor = ::dup(0);
    if (descriptor < 0) break;
    filling.push_back(descriptor);
    if (filling.size() == 64) break;
  }
  const rlimit limited{static_cast<rlim_t>(filling.back()) + 1, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &limited);
  ::close(filling.back());  // one for the client, none for the server
  filling.pop_back();
  {
    HttpClient second(server.address());
    CHECK(second.connected());
    CHECK(server.observer.wait_refused(1) == std::vector{http::RefusedConnection::no_descriptors});
    CHECK_THAT(second.receive_all(), Catch::Matchers::StartsWith("HTTP/1.1 503"));
    CHECK(first.ask("GET", "/hello").status == 200);
  }
  setrlimit(RLIMIT_NOFILE, &before);
  for (const int descriptor : filling) ::close(descriptor);
  CHECK(HttpClient(server.address()).ask("GET", "/hello").status == 200);
}

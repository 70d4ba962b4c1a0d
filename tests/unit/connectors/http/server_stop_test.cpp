// The end: what has begun is answered, or cut.
#include <csignal>
#include <thread>

#include <catch2/catch.hpp>

#include "connectors/http/server.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/http_server.hpp"

using namespace triaged;
using namespace triaged::test;
using namespace std::chrono_literals;

TEST_CASE("stop waits for answers that are owed, and takes nothing new", "[http]") {
  TestServer server;
  const std::string address = server.address();
  HttpClient idle(address);
  CHECK(idle.ask("GET", "/hello").status == 200);
  HttpClient client(address);
  client.send("POST /later HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto respond = server.later.next();
  REQUIRE(respond);
  std::thread stopping([&] { server.server->stop(10s); });
  CHECK(idle.ended());
  CHECK_FALSE(HttpClient(address).connected());
  (*respond)(http::text(200, "the last"));
  const auto answer = client.receive();
  CHECK(answer.body == "the last");
  CHECK(answer.field("Connection") == "close");
  CHECK(client.ended());
  client.finish();
  stopping.join();
  server.server->stop(10s);  // again: nothing more to do
}

TEST_CASE("stop cuts what is not answered in time; an answer after the end goes nowhere", "[http]") {
  TestServer server;
  HttpClient client(server.address());
  client.send("POST /later HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto respond = server.later.next();
  REQUIRE(respond);
  server.server->stop(10ms);
  CHECK(client.ended());
  const auto finished = server.observer.wait_finished(1);
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].cut);
  CHECK(finished[0].status == 0);
  (*respond)(http::text(200, "too late"));
  server.server.reset();
}

TEST_CASE("an answer may outlive its server", "[http]") {
  std::unique_ptr<http::Respond> respond;
  {
    TestServer server;
    HttpClient client(server.address());
    client.send("POST /later HTTP/1.1\r\nHost: h\r\n\r\n");
    respond = server.later.next();
    REQUIRE(respond);
  }
  (*respond)(http::text(200, "too late"));
}

TEST_CASE("answers and the end race", "[http]") {
  for (int i = 0; i < 20; ++i) {
    http::Options options;
    options.threads = 2;
    TestServer server(options);
    std::vector<std::unique_ptr<HttpClient>> clients;
    for (int k = 0; k < 8; ++k) {
      clients.push_back(std::make_unique<HttpClient>(server.address()));
      clients.back()->send("POST /later HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    std::thread answering([&] {
      for (int k = 0; k < 8; ++k) {
        if (const auto respond = server.later.next()) (*respond)(http::text(200, "x"));
      }
    });
    server.server->stop(1ms * (i % 4));
    for (const auto& client : clients) CHECK(client->receive_all().size() < 1000);
    for (int k = 0; k < 8; ++k) server.later.add(http::Respond([](http::Response) {}));
    answering.join();
  }
}

TEST_CASE("I/O threads take no signals", "[http]") {
  // Were one of them to take it, the process would end: its disposition is the default.
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  TestServer server;
  HttpClient client(server.address());
  CHECK(client.ask("GET", "/hello").status == 200);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  ::kill(::getpid(), SIGUSR1);
  CHECK(client.ask("GET", "/hello").status == 200);
  int taken = 0;
  sigwait(&blocked, &taken);
  CHECK(taken == SIGUSR1);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

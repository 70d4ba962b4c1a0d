#include "connectors/http_client/client.hpp"

#include <catch2/catch.hpp>

#include "tests/support/http_server.hpp"

using namespace triaged;
using http_client::Client;
using http_client::Error;

TEST_CASE("client: gets and posts over one connection, and reads what the server says") {
  test::TestServer server;
  REQUIRE(server.server);
  Client client({.url = "http://" + server.address(), .user = "", .password = "", .token = "", .ca_file = ""});
  const auto hello = client.get("/hello");
  REQUIRE(hello.has_value());
  CHECK(hello->status == 200);
  CHECK(hello->body == "hello");
  CHECK(hello->content_type == "text/plain; charset=utf-8");
  const std::string body = "{\"a\":\"é\"}";
  CHECK(client.post("/echo", body)->body == body);
  CHECK(client.post("/echo", "")->body.empty());
  CHECK(client.get("/large?bytes=1000000")->body.size() == 1'000'000);  // compressed on the way
  CHECK(client.get("/things/" + http_client::percent_encode("a b/é"))->body == "a b/é");
  CHECK(client.get("/nothing")->status == 404);
}

TEST_CASE("client: where nobody listens, it says so") {
  std::string address;
  {
    const test::TestServer server;
    REQUIRE(server.server);
    address = server.address();
  }
  Client client({.url = "http://" + address, .user = "", .password = "", .token = "", .ca_file = ""});
  const auto answer = client.get("/hello");
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().kind == Error::Kind::unreachable);
  Client odd({.url = "file:///etc", .user = "", .password = "", .token = "", .ca_file = ""});
  CHECK(odd.get("/passwd").error().kind == Error::Kind::other);
}

TEST_CASE("client: what may stand in a path stays") {
  CHECK(http_client::percent_encode("INC-0-17_a.b~c") == "INC-0-17_a.b~c");
  CHECK(http_client::percent_encode("a&b=c d/%\xC3\xA9") == "a%26b%3Dc%20d%2F%25%C3%A9");
}

// Who may ask, over TLS and without.
#include <filesystem>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>

#include "connectors/http/auth/crypto.hpp"
#include "connectors/http/auth/password.hpp"
#include "connectors/http/auth/user_directory.hpp"
#include "connectors/http/server.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/http_server.hpp"

using namespace triaged;
using namespace triaged::http;
using namespace triaged::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

namespace {

constexpr ScryptCost kCheap{.n = 16384, .r = 1, .p = 1};
constexpr const char* kToken = "abcdefghij-0123456789";

std::string basic(std::string_view name, std::string_view password) {
  return fmt::format("Authorization: Basic {}\r\n", to_base64(fmt::format("{}:{}", name, password)));
}
std::string bearer(std::string_view token) { return fmt::format("Authorization: Bearer {}\r\n", token); }

/// ann: password "secret", reads; tom: a token, administers.
std::vector<config::UserSettings> users_in(const SecretFolder& folder) {
  const auto password = PasswordHash::make("secret", kCheap);
  REQUIRE(password);
  return {{"ann", folder.file("ann", password->line() + "\n"), "", config::Role::read},
          {"tom", "", folder.file("tom", std::string(kToken) + "\n"), config::Role::admin}};
}

}  // namespace

TEST_CASE("passwords are kept as scrypt", "[http]") {
  // RFC 7914 section 12, third vector, whose cost is one of ours; its hash is longer, and begins like ours.
  CHECK_FALSE(PasswordHash::parse("scrypt$16384$8$1$U29kaXVtQ2hsb3JpZGU=$cCO9yzr9c0hGHAbNgf04/2o="));
  const auto made = PasswordHash::make("pleaseletmein", kCheap);
  REQUIRE(made);
  const auto parsed = PasswordHash::parse(made->line());
  REQUIRE(parsed);
  CHECK(parsed->matches("pleaseletmein"));
  CHECK_FALSE(parsed->matches("pleaseletmeout"));
  CHECK_FALSE(parsed->matches(""));
  CHECK(PasswordHash::make("pleaseletmein", kCheap)->line() != made->line());
  const std::string salt = to_base64("0123456789abcdef");
  const std::string hash = to_base64(std::string(32, 'h'));
  CHECK(PasswordHash::parse("scrypt$16384$8$1$" + salt + "$" + hash));
  for (const std::string& line :
       {std::string(), std::string("secret"), "bcrypt$16384$8$1$" + salt + "$" + hash,
        "scrypt$8192$8$1$" + salt + "$" + hash, "scrypt$16385$8$1$" + salt + "$" + hash,
        "scrypt$1048576$32$1$" + salt + "$" + hash, "scrypt$16384$0$1$" + salt + "$" + hash,
        "scrypt$16384$8$17$" + salt + "$" + hash, "scrypt$16384$8$1$" + to_base64("short") + "$" + hash,
        "scrypt$16384$8$1$" + salt + "$" + salt, "scrypt$16384$8$1$" + salt + "$" + hash + "$",
        "scrypt$ 16384$8$1$" + salt + "$" + hash}) {
    INFO(line);
    CHECK_FALSE(PasswordHash::parse(line));
  }
}

TEST_CASE("base64", "[http]") {
  for (const std::string text : {"", "a", "ab", "abc", "abcd"}) CHECK(from_base64(to_base64(text)) == text);
  for (const char* text : {"a", "ab", "abc", "ab c", "====", "a===", "ab\n=", "@@@@"}) CHECK_FALSE(from_base64(text));
}

TEST_CASE("secrets are for few eyes", "[http]") {
  const SecretFolder folder;
  const auto fault = [&](config::UserSettings user) {
    const auto loaded = load_users(std::vector{user});
    return loaded ? std::string() : loaded.error();
  };
  CHECK_THAT(fault({"a", folder.file("open", "x", 0644), "", {}}), Contains("everybody can read") && Contains("chmod"));
  CHECK_THAT(fault({"a", folder.path("missing"), "", {}}), Contains("can't read") && Contains("missing"));
  CHECK_THAT(fault({"a", folder.file("empty", ""), "", {}}), EndsWith("is empty"));
  CHECK_THAT(fault({"a", folder.file("plain", "hunter2"), "", {}}),
             Contains("scrypt$N$r$p$salt$hash") && !Contains("hunter2"));
  CHECK_THAT(fault({"a", "", folder.file("short", "hunter2"), {}}),
             Contains("fewer than 20 characters") && !Contains("hunter2"));
  CHECK_THAT(fault({"a", "", "", {}}), Contains("neither"));
  CHECK(fault({"a", "", folder.file("group", kToken, 0640), {}}).empty());
}

TEST_CASE("users are told apart, and may do what their role allows", "[http]") {
  const SecretFolder folder;
  http::Options options;
  options.settings.users = users_in(folder);
  TestServer server(options);
  HttpClient client(server.address());
  CHECK(client.ask("GET", "/hello").status == 200);  // open to everybody
  auto answer = client.ask("GET", "/read");
  CHECK(answer.status == 401);
  CHECK_THAT(answer.head, Contains("WWW-Authenticate: Basic realm=\"triaged\", charset=\"UTF-8\"\r\n") &&
                              Contains("WWW-Authenticate: Bearer realm=\"triaged\"\r\n"));
  CHECK(client.ask("GET", "/read", basic("ann", "secret")).body == "ann");
  CHECK(client.ask("GET", "/read", basic("ann", "secret")).body == "ann");
  CHECK(client.ask("GET", "/read", bearer(kToken)).body == "tom");
  CHECK(client.ask("GET", "/read", "authorization: bEARER  " + std::string(kToken) + "\r\n").body == "tom");
  CHECK(client.ask("PUT", "/things/1", bearer(kToken)).status == 204);
  CHECK(client.ask("PUT", "/things/1", basic("ann", "secret")).status == 403);
  CHECK(client.ask("GET", "/read", basic("ann", "wrong")).status == 401);
  CHECK(client.ask("GET", "/read", basic("eve", "secret")).status == 401);
  CHECK(client.ask("GET", "/read", basic("tom", "")).status == 401);
  CHECK(client.ask("GET", "/read", bearer("abcdefghij-012345678")).status == 401);
  CHECK(client.ask("GET", "/read", "Authorization: Basic !\r\n").status == 401);
  CHECK(client.ask("GET", "/read", "Authorization: Digest x\r\n").status == 401);
  CHECK(client.ask("GET", "/read", bearer(kToken) + bearer(kToken)).status == 400);
  // Before a body is read, and the connection is closed rather than it be read.
  client.send("PUT /things/1 HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
  CHECK(client.receive().status == 401);
  const auto finished = server.observer.wait_finished(3);
  CHECK(finished[2].user == "ann");
}

TEST_CASE("who is wrong too often has to wait; others don't", "[http]") {
  const SecretFolder folder;
  http::Options options;
  options.settings.users = users_in(folder);
  options.login_limit = {.burst = 3, .recovery = std::chrono::hours(1)};
  TestServer server(options);
  HttpClient client(server.address());
  for (int i = 0; i < 3; ++i) CHECK(client.ask("GET", "/read", basic("eve", "x")).status == 401);
  auto answer = client.ask("GET", "/read", basic("mallory", "x"));  // unknown names count together
  CHECK(answer.status == 429);
  CHECK(answer.has("Retry-After"));
  CHECK(client.ask("GET", "/read", basic("ann", "secret")).status == 200);
  for (int i = 0; i < 3; ++i) CHECK(client.ask("GET", "/read", basic("ann", "x")).status == 401);
  CHECK(client.ask("GET", "/read", basic("ann", "secret")).status == 429);  // else guessing would go on
  for (int i = 0; i < 3; ++i) CHECK(client.ask("GET", "/read", bearer("x")).status == 401);
  CHECK(client.ask("GET", "/read", bearer("x")).status == 429);
  CHECK(client.ask("GET", "/read", bearer(kToken)).status == 200);
}

TEST_CASE("failures are forgiven with time", "[http]") {
  FailedLogins failed({.burst = 2, .recovery = std::chrono::milliseconds(1)});
  failed.note("a");
  CHECK_FALSE(failed.exhausted("b"));
  for (int i = 0; i < 1'000; ++i) failed.note("a");
  while (failed.exhausted("a")) {
  }
  FailedLogins strict({.burst = 2, .recovery = std::chrono::hours(1)});
  strict.note("a");
  CHECK_FALSE(strict.exhausted("a"));
  strict.note("a");
  CHECK(strict.exhausted("a"));
  for (int i = 0; i < 5'000; ++i) strict.note(std::to_string(i));
  CHECK(strict.exhausted("a"));
  strict.forgive("a");
  CHECK_FALSE(strict.exhausted("a"));
}

TEST_CASE("TLS, from 1.2 on, with new certificates without a restart", "[http]") {
  const SecretFolder folder;
  folder.make_certificate("one");
  http::Options options;
  options.settings.listen = "0.0.0.0:0";
  options.settings.tls = config::TlsSettings{folder.path("one.pem"), folder.path("one.key"), ""};
  options.settings.users = users_in(folder);
  TestServer server(options);
  REQUIRE(server.fault.empty());
  const std::string address = "127.0.0.1" + server.address().substr(server.address().rfind(':'));
  const TlsClient trusting{.authorities = folder.path("one.pem"), .certificate = "", .key = ""};
  HttpClient client(address, trusting);
  CHECK(client.ask("GET", "/hello").body == "hello");
  CHECK(client.ask("GET", "/large?bytes=1000000").body.size() == 1'000'000);
  CHECK(client.ask("POST", "/echo", "", std::string(200'000, 'x')).body == std::string(200'000, 'x'));
  CHECK(client.ask("GET", "/hello", "Connection: close\r\n").status == 200);
  CHECK(client.ended());

  CHECK_FALSE(HttpClient(address, {folder.path("one.pem"), "", "", TLS1_1_VERSION}).connected());
  CHECK(HttpClient(address, {folder.path("one.pem"), "", "", TLS1_2_VERSION}).connected());
  HttpClient plain(address);
  CHECK(plain.ask("GET", "/hello").status == 0);
  CHECK(server.observer.wait_refused(2).size() == 2);

  HttpClient old(address, trusting);
  folder.make_certificate("two");
  std::filesystem::copy_file(folder.path("two.pem"), folder.path("one.pem"),
                             std::filesystem::copy_options::overwrite_existing);
  const auto half = server.server->reload_secrets();  // the key is still the old one's
  REQUIRE_FALSE(half);
  CHECK_THAT(half.error(), Contains("one.key"));
  CHECK(old.ask("GET", "/hello").status == 200);
  std::filesystem::copy_file(folder.path("two.key"), folder.path("one.key"),
                             std::filesystem::copy_options::overwrite_existing);
  REQUIRE(server.server->reload_secrets());
  CHECK(old.ask("GET", "/hello").status == 200);
  CHECK(HttpClient(address, {folder.path("two.pem"), "", ""}).ask("GET", "/hello").status == 200);
}

TEST_CASE("clients show certificates where authorities are named", "[http]") {
  const SecretFolder folder;
  folder.make_certificate("server");
  folder.make_certificate("client");
  folder.make_certificate("stranger");
  http::Options options;
  options.settings.tls =
      config::TlsSettings{folder.path("server.pem"), folder.path("server.key"), folder.path("client.pem")};
  TestServer server(options);
  REQUIRE(server.fault.empty());
  const auto status = [&](const std::string& name) {
    TlsClient tls{.authorities = folder.path("server.pem"), .certificate = "", .key = ""};
    if (!name.empty()) {
      tls.certificate = folder.path(name + ".pem");
      tls.key = folder.path(name + ".key");
    }
    return HttpClient(server.address(), tls).ask("GET", "/hello").status;
  };
  CHECK(status("client") == 200);
  CHECK(status("stranger") == 0);
  CHECK(status("") == 0);
}

TEST_CASE("TLS that can't be used says why", "[http]") {
  const SecretFolder folder;
  folder.make_certificate("one");
  folder.make_certificate("two");
  const auto fault = [&](const std::string& certificate, const std::string& key, const std::string& authorities = "") {
    http::Options options;
    options.settings.tls = config::TlsSettings{certificate, key, authorities};
    return TestServer(options).fault;
  };
  const std::string certificate = folder.path("one.pem");
  const std::string key = folder.path("one.key");
  CHECK(fault(certificate, key).empty());
  CHECK_THAT(fault(folder.path("none.pem"), key), Contains("certificate") && Contains("none.pem"));
  CHECK_THAT(fault(certificate, folder.path("none.key")), Contains("none.key"));
  CHECK_THAT(fault(certificate, folder.path("two.key")), Contains("must be that of the certificate"));
  CHECK_THAT(fault(certificate, key, folder.path("none.pem")), Contains("authorities"));
  std::filesystem::permissions(key, std::filesystem::perms(0644));
  CHECK_THAT(fault(certificate, key), Contains("everybody can read"));
}

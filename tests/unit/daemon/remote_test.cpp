#include <catch2/catch.hpp>

#include "connectors/http/server.hpp"
#include "daemon/cli/remote/connection.hpp"
#include "daemon/cli/remote/table.hpp"
#include "tests/support/files.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/daemon/api/fixture.hpp"

using namespace triaged;
using namespace triaged::cli;

TEST_CASE("where the daemon is: --url, the variable, state/listen, the default") {
  const test::TemporaryFolder folder;
  const auto config = test::write_file(
      folder / "triaged.yaml", "version: 1\nlog: {local: {directory: state}}\nhttp: {listen: '127.0.0.1:1234'}\n");
  ConnectionOptions options;
  CHECK(daemon_url(options, nullptr).value() == "http://127.0.0.1:9595");
  options.config = config;
  CHECK(daemon_url(options, nullptr).value() == "http://127.0.0.1:1234");
  test::write_file(folder / "state/listen", "0.0.0.0:4321\n");
  CHECK(daemon_url(options, nullptr).value() == "http://127.0.0.1:4321");
  test::write_file(folder / "state/listen", "[::]:4321\n");
  CHECK(daemon_url(options, nullptr).value() == "http://[::1]:4321");
  CHECK(daemon_url(options, "https://triage.example/").value() == "https://triage.example");
  options.url = "triage.example:9595";
  CHECK(daemon_url(options, "https://other").value() == "http://triage.example:9595");
  options = {};
  options.config = folder / "missing.yaml";
  CHECK(daemon_url(options, nullptr).error() == ExitCode::usage);
}

TEST_CASE("tables are aligned, and cut where the terminal ends") {
  Table table({"ID", "TITLE"});
  table.add({{"INC-0-1"}, {"short"}});
  table.add({{"é", "\x1b[31m"}, {"a title that is rather long\x1b[2J"}});
  CHECK(table.render(0, false) == "ID       TITLE\nINC-0-1  short\né        a title that is rather long\uFFFD[2J\n");
  CHECK(table.render(24, false) == "ID       TITLE\nINC-0-1  short\né        a title that i…\n");
  CHECK(table.render(0, true).find("\x1b[31mé      \x1b[0m") != std::string::npos);
}

TEST_CASE("times and ages, short") {
  CHECK(short_time("2026-03-02T09:30:01.123Z") == "2026-03-02 09:30:01Z");
  CHECK(short_time("soon") == "soon");
  CHECK(short_age("5.900") == "5s");
  CHECK(short_age("65.000") == "1m 5s");
  CHECK(short_age("7265") == "2h 1m");
  CHECK(short_age("180000") == "2d 2h");
  CHECK(short_age("").empty());
}

TEST_CASE("the client's side of the API and the server's fit together") {
  test::Api api;
  test::RecordingObserver observer;
  api.model.apply({test::output(test::incident(1)), test::output(test::incident(2))});
  http::Router router;
  api.add_to(router);
  http::Options options;
  options.settings.listen = "127.0.0.1:0";
  const auto server = http::Server::start(options, std::move(router), observer);
  REQUIRE(server.has_value());

  ConnectionOptions to;
  to.url = (*server)->address();
  auto connection = Connection::open(to);
  REQUIRE(connection.has_value());
  const auto list = connection->get("/api/v1/incidents", {{"q", "incident 2"}, {"limit", "5"}});
  REQUIRE(list.has_value());
  REQUIRE(list->value["incidents"].items().size() == 1);
  CHECK(list->value["incidents"].items()[0]["id"].text() == "INC-0-2");
  CHECK(connection->get("/api/v1/incidents/INC-0-9").error() == ExitCode::failed);
  CHECK(connection->get("/api/v1/incidents", {{"q", ""}}).error() == ExitCode::usage);
  api.commands.receipt.refusal = api::Refusal{"the disk is full"};
  CHECK(connection->post("/api/v1/commands", R"({"command":"close","incident":"INC-0-1"})").error() ==
        ExitCode::internal);
}

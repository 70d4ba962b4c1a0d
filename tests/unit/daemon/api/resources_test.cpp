#include <catch2/catch.hpp>

#include "tests/support/labels.hpp"
#include "tests/unit/daemon/api/fixture.hpp"

using namespace triaged;
using Catch::Matchers::Contains;
using test::Api;
using test::output;

namespace {

std::string detail(const http::Response& response) {
  REQUIRE(response.problem.has_value());
  return response.problem->detail;
}

std::string member(const http::Response& response, const std::string& name) {
  REQUIRE(response.problem.has_value());
  for (const auto& one : response.problem->members) {
    if (one.name == name) return one.json;
  }
  return "";
}

}  // namespace

TEST_CASE("api: incidents by filter, page by page") {
  Api api;
  std::vector<log::Output> outputs;
  for (std::uint64_t number = 1; number <= 3; ++number) {
    auto document = test::incident(number);
    if (number == 2) document.state = IncidentState::resolved;
    outputs.push_back(output(document));
  }
  api.model.apply(outputs);
  const auto all = api.get("/api/v1/incidents");
  CHECK(all.status == 200);
  CHECK(all.content_type == "application/json");
  CHECK(all.body ==
        "{\"incidents\":[\n" + outputs[2].value + ",\n" + outputs[0].value + ",\n" + outputs[1].value + "]}\n");
  CHECK(api.get("/api/v1/incidents", {{"state", "resolved,closed"}}).body ==
        "{\"incidents\":[\n" + outputs[1].value + "]}\n");
  CHECK(api.get("/api/v1/incidents", {{"state", "closed"}}).body == "{\"incidents\":[]}\n");
  CHECK(api.get("/api/v1/incidents", {{"priority", "P1"}, {"priority", "P3"}, {"sort", "-number"}, {"limit", "1"}})
            .body.starts_with("{\"incidents\":[\n" + outputs[2].value + "],\"next\":\""));
  const auto page = api.get("/api/v1/incidents", {{"sort", "number"}, {"limit", "2"}}).body;
  const auto begin = page.find("\"next\":\"") + 8;
  const auto cursor = page.substr(begin, page.find('"', begin) - begin);
  CHECK(api.get("/api/v1/incidents", {{"sort", "number"}, {"cursor", cursor}}).body ==
        "{\"incidents\":[\n" + outputs[2].value + "]}\n");
  CHECK(api.get("/api/v1/incidents", {{"sort", "-number"}, {"cursor", cursor}}).status == 400);
}

TEST_CASE("api: what is wrong with a query is told, all of it") {
  Api api;
  const auto answer = api.get("/api/v1/incidents", {{"state", "opened"},
                                                    {"priority", "1"},
                                                    {"limit", "1001"},
                                                    {"since", "yesterday"},
                                                    {"sort", "-updated"},
                                                    {"servce", "web"}});
  CHECK(answer.status == 400);
  CHECK(detail(answer) ==
        "state \"opened\" is none of open, acknowledged, resolved, closed, merged; did you mean \"open\"?");
  const auto all = member(answer, "invalidParameters");
  CHECK_THAT(all, Contains(R"({"parameter":"priority","reason":"\"1\" is none of P1, P2, P3, P4, P5)"));
  CHECK_THAT(all, Contains(R"({"parameter":"limit","reason":"\"1001\" is not a number from 1 to 1000"})"));
  CHECK_THAT(all, Contains(R"({"parameter":"since","reason":"\"yesterday\" is not an RFC 3339 time)"));
  CHECK_THAT(all, Contains(R"(did you mean \"-updatedAt\"?)"));
  CHECK_THAT(
      all,
      Contains(R"({"parameter":"servce","reason":"is no parameter of this resource; did you mean \"service\"?"})"));
  CHECK(api.get("/api/v1/incidents", {{"q", "a"}, {"q", "b"}}).status == 400);
  CHECK(api.get("/api/v1/incidents", {{"team", ""}}).status == 400);
  CHECK(api.get("/api/v1/alerts", {{"matcher", "a=b"}}).status == 400);
  CHECK(api.get("/api/v1/alerts", {{"incident", "seventeen"}}).status == 400);
  CHECK(api.get("/api/v1/alerts", {{"fingerprint", "12"}}).status == 400);
  CHECK(api.get("/api/v1/silences", {{"state", "over"}}).status == 400);
  CHECK(api.get("/api/v1/status", {{"verbose", "1"}}).status == 400);
  CHECK(api.get("/api/v1/incidents/INC-0-1", {{"full", "1"}}).status == 400);
}

TEST_CASE("api: one incident and its timeline; what is not there is 404") {
  Api api;
  const auto document = output(test::incident(1));
  api.model.apply({document});
  CHECK(api.get("/api/v1/incidents/INC-0-1").body == document.value + "\n");
  CHECK_THAT(api.get("/api/v1/incidents/INC-0-1/timeline").body, Contains(R"({"timeline":[)") && Contains("opened"));
  CHECK(api.get("/api/v1/incidents/INC-0-2").status == 404);
  CHECK(detail(api.get("/api/v1/incidents/INC-0-2/timeline")) == "there is no incident INC-0-2");
  CHECK(api.get("/api/v1/silences/SIL-0-1").status == 404);
  CHECK(api.get("/api/v1/commands/CMD-0-1").status == 404);
}

TEST_CASE("api: alerts by matchers, fingerprint and incident") {
  Api api;
  auto one = test::alert(test::labels({{"alertname", "A"}, {"host", "1"}}));
  auto two = test::alert(test::labels({{"alertname", "A"}, {"host", "2"}}));
  one.incident = IncidentKey{0, 17};
  api.model.apply({output(one), output(two)});
  CHECK(api.get("/api/v1/alerts", {{"matcher", R"(host=~"[13]")"}, {"state", "firing"}}).body ==
        "{\"alerts\":[\n" + output(one).value + "]}\n");
  CHECK(api.get("/api/v1/alerts", {{"incident", "INC-0-17"}}).body == "{\"alerts\":[\n" + output(one).value + "]}\n");
  CHECK(api.get("/api/v1/alerts", {{"fingerprint", to_string(two.fingerprint)}}).body ==
        "{\"alerts\":[\n" + output(two).value + "]}\n");
  CHECK(api.get("/api/v1/alerts", {{"fingerprint", "0000000000000000"}}).body == "{\"alerts\":[]}\n");
  CHECK(api.get("/api/v1/alerts", {{"incident", "none"}}).body == "{\"alerts\":[\n" + output(two).value + "]}\n");
}

TEST_CASE("api: services of the catalogue and of the alerts, by name") {
  Api api;
  auto& catalogue = api.daemon.rules->catalogue.services;
  catalogue.resize(2);
  catalogue[0].name = "db";
  catalogue[0].tier = "1";
  catalogue[0].owner = "dba";
  catalogue[1].name = "web";
  auto other = test::alert(test::labels({{"alertname", "A"}}));
  other.service = "api";
  api.model.apply({output(test::incident(1)), output(other)});
  CHECK(api.get("/api/v1/services").body ==
        R"({"services":[
{"name":"api","inCatalogue":false,"openIncidents":{},"firingAlerts":1},
{"name":"db","inCatalogue":true,"tier":"1","owner":"dba","openIncidents":{},"firingAlerts":0},
{"name":"web","inCatalogue":true,"openIncidents":{"P3":1},"firingAlerts":0,"lastIncident":"INC-0-1"}]}
)");
  CHECK(api.get("/api/v1/services", {{"q", "DB"}}).body.find("\"web\"") == std::string::npos);
  std::string names;
  http::Parameters query{{"limit", "1"}};
  for (int page = 0; page < 3; ++page) {
    const auto body = api.get("/api/v1/services", query).body;
    names += body.substr(body.find("\"name\":\"") + 8, 2);
    const auto next = body.find("\"next\":\"");
    if (next == std::string::npos) break;
    query = {{"limit", "1"}, {"cursor", body.substr(next + 8, body.find('"', next + 8) - next - 8)}};
  }
  CHECK(names == "apdbwe");
  query.push_back({"q", "d"});
  CHECK(api.get("/api/v1/services", query).status == 400);  // the cursor of another query
}

TEST_CASE("api: the status tells of sources, log and incidents, with a broken read model too") {
  Api api;
  api.model.apply({output(test::incident(1)), output(test::incident(2))});
  auto& report = api.daemon.report;
  report.version = "1.0";
  report.started_at = test::at(0);
  report.now = test::at(1);
  report.sources = {
      {.name = "p", .kind = "http", .where = "", .last_alert = test::at(0, 59), .lag_bytes = 1500, .fault = ""}};
  report.publishers = {{.file = "a.ndjson", .lag_batches = 0, .fault = ""},
                       {.file = "b.ndjson", .lag_batches = 7, .fault = "it was altered"}};
  report.log = {.directory = "state",
                .last_record = 5,
                .last_taken = 4,
                .last_cut = 3,
                .clock = test::at(1),
                .bytes = 99,
                .fault = ""};
  report.shards = {{.shard = 0, .owned = true, .last_record = 5, .last_taken = 4, .last_cut = 3, .clock = test::at(1)},
                   {.shard = 1, .lag = 12, .fault = "it stopped"}};
  report.snapshot_at = test::at(0, 30);
  report.bundle = "abc";
  report.not_ready = {"it starts"};
  const auto body = api.get("/api/v1/status").body;
  CHECK_THAT(body, Contains(R"("uptimeSeconds":60.000,"ready":false,"notReady":["it starts"])"));
  CHECK_THAT(body, Contains(R"({"name":"p","kind":"http","lastAlertAt":"2026-03-02T06:00:59.000Z","lagBytes":1500,)"));
  CHECK_THAT(body, Contains(R"({"file":"a.ndjson","lagBatches":0},)"));
  CHECK_THAT(body, Contains(R"({"file":"b.ndjson","lagBatches":7,"fault":"it was altered"}])"));
  CHECK_THAT(body, Contains(R"("log":{"directory":"state","lastRecord":5,"lastTaken":4,"lastCut":3,)"));
  CHECK_THAT(body, Contains(R"("snapshotAgeSeconds":30.000,"bundle":"abc")"));
  CHECK_THAT(body,
             Contains(R"({"shard":0,"owned":true,"lastRecord":5,"lastTaken":4,"lastCut":3,"clock":"2026-03-02T)"));
  CHECK_THAT(body, Contains(R"("lastCut":0,"lag":12,"fault":"it stopped"}])"));
  CHECK_THAT(body, Contains(R"("readModel":{"lastCut":1,"shards":[{"shard":0,"lastCut":1,"clock":")"));
  CHECK_THAT(body, Contains(R"("incidents":{"open":{"P3":2}}})"));
  std::filesystem::remove(api.model.file());
  api.readers.forget();
  CHECK_THAT(api.get("/api/v1/status").body, Contains(R"("readModel":{"fault":")") && !Contains("\"incidents\""));
  CHECK(api.get("/api/v1/incidents").status == 503);  // it may be made again
}

TEST_CASE("api: alerts go to the source that is named, else to the first") {
  Api api;
  api.alerts.receipt.accepted = 2;
  CHECK(api.post("/api/v2/alerts", "[1]").status == 200);
  CHECK(api.alerts.source == "prometheus");
  CHECK(api.alerts.payload == "[1]");
  CHECK(api.post("/api/v2/alerts", "[2]", {{"source", "other"}}).body == "{}\n");
  CHECK(api.alerts.source == "other");
  CHECK(detail(api.post("/api/v2/alerts", "[3]", {{"source", "no"}})) ==
        "there is no source \"no\" that takes alerts by HTTP; there is prometheus, other");
  api.alerts.sources.clear();
  CHECK(api.post("/api/v2/alerts", "[3]").status == 404);
  CHECK(api.alerts.payload == "[2]");
}

TEST_CASE("api: alerts that were rejected are told, at most twenty of them; a refusal says when to come again") {
  Api api;
  api.alerts.receipt.accepted = 5;
  for (std::uint64_t line = 1; line <= 30; ++line)
    api.alerts.receipt.rejections.push_back({line, "no labels", "labels"});
  const auto answer = api.post("/api/v2/alerts", "[]");
  CHECK(answer.status == 400);
  CHECK(detail(answer) == "30 of 35 alerts rejected; line 1: no labels");
  CHECK(member(answer, "accepted") == "5");
  CHECK(member(answer, "rejected") == "30");
  const auto told = member(answer, "rejections");
  CHECK_THAT(told, Contains(R"({"line":20,"code":"labels","reason":"no labels"}])") && !Contains(R"("line":21)"));

  api.alerts.receipt = {.refusal = api::Refusal{"the disk is full", std::chrono::seconds(7)}, .rejections = {}};
  const auto refused = api.post("/api/v2/alerts", "[]");
  CHECK(refused.status == 503);
  REQUIRE(refused.headers.size() == 1);
  CHECK(refused.headers[0].name == "Retry-After");
  CHECK(refused.headers[0].value == "7");
}

TEST_CASE("api: health, readiness, metrics, reload") {
  Api api;
  CHECK(api.get("/-/healthy").status == 200);
  CHECK(api.get("/-/ready").status == 200);
  api.daemon.reasons = {"recovery runs", "no snapshot"};
  CHECK(api.get("/-/ready").status == 503);
  CHECK(api.get("/-/ready").body == "not ready\nrecovery runs\nno snapshot\n");
  http::Request request;
  request.path = "/metrics";
  request.fields.add("accept", "text/plain");
  const auto metrics = api.ask(std::move(request));
  CHECK(metrics.content_type == "text/x");
  CHECK(metrics.body == "accepts text/plain\n");

  api.daemon.reloaded = {.done = true, .bundle = "abc", .diagnostics = {}, .reason = ""};
  CHECK(api.post("/-/reload", "").body == "{\"bundle\":\"abc\",\"diagnostics\":[]}\n");
  config::Diagnostic fault;
  fault.file = "rules.yaml";
  fault.line = 3;
  fault.column = 5;
  fault.message = "unknown key";
  api.daemon.reloaded = {.done = false, .bundle = "abc", .diagnostics = {fault}, .reason = ""};
  const auto failed = api.post("/-/reload", "");
  CHECK(failed.status == 400);
  CHECK(detail(failed) == "nothing was changed: rules.yaml:3:5: unknown key");
  CHECK(member(failed, "diagnostics") ==
        R"([{"file":"rules.yaml","line":3,"column":5,"level":"error","message":"unknown key"}])");
}

TEST_CASE("api: where too many questions wait, the next is refused") {
  Api api;
  std::promise<void> begun;
  std::promise<void> go;
  api::Workers::Task block = [&] {
    begun.set_value();
    go.get_future().wait();
  };
  REQUIRE(api.workers.post(block));
  begun.get_future().wait();
  api::Workers::Task nothing = [] {};
  for (int waiting = 0; waiting < 100; ++waiting) {
    api::Workers::Task task = [] {};
    REQUIRE(api.workers.post(task));
  }
  CHECK_FALSE(api.workers.post(nothing));
  CHECK(api.get("/api/v1/incidents").status == 503);
  go.set_value();
}

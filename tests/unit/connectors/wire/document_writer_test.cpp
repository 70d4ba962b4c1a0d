#include "connectors/wire/document_writer.hpp"

#include <fstream>
#include <string>

#include <catch2/catch.hpp>

#include "connectors/wire/json_text.hpp"

namespace triaged::wire {
namespace {

Time at(std::string_view text) { return parse_time(text).value(); }

Labels labels(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
  LabelsBuilder builder;
  for (const auto& [name, value] : pairs) builder.set(name, value);
  return builder.build();
}

IncidentDocument smallest_incident() {
  IncidentDocument document;
  document.key = {0, 1};
  document.revision = 1;
  document.title = "HostDown";
  document.rule = "same-service";
  document.started_at = document.opened_at = document.updated_at = at("2026-03-02T00:00:09.845Z");
  return document;
}

IncidentDocument largest_incident() {
  IncidentDocument document = smallest_incident();
  document.key = {4294967295, 18446744073709551615U};
  document.revision = 4294967295;
  document.change = IncidentChange::merged;
  document.state = IncidentState::merged;
  document.title = "db-1: \"down\"\n\x01\x1f\x7f\\ ä😀";
  document.severity = Severity::critical;
  document.impact = document.urgency = document.priority = 1;
  document.major = true;
  document.root =
      RootCause{"db-1", Fingerprint{0xABC}, "its own alert came first", {{"db-1", 1000, "first"}, {"db-2", 0, ""}}};
  document.services = {"db-1", "web"};
  document.configuration_items = {"host-1"};
  document.customers = {"ACME"};
  document.suppliers = {"Hoster"};
  document.team = "dba";
  document.assignee = "anna";
  document.labels = SharedLabels(labels({{"env", "prod"}}));
  document.runbook = "https://runbooks.example/db";
  document.alert_count = 2;
  document.alerts.resize(2);
  document.alerts[0] = {Fingerprint{0x0123456789ABCDEF},
                        SharedLabels(labels({{"alertname", "DbDown"}, {"service", "db-1"}})),
                        true,
                        true,
                        document.started_at,
                        kNever};
  document.alerts[1] = {Fingerprint{1},
                        SharedLabels(labels({{"a", "\"b\"\n"}})),
                        false,
                        false,
                        document.started_at,
                        at("2026-03-02T00:01:00Z")};
  document.ended_at = at("2026-03-02T00:01:00Z");
  document.acknowledged_at = at("2026-03-02T00:02:00Z");
  document.resolved_at = at("2026-03-02T00:03:00Z");
  document.closed_at = at("2026-03-02T00:04:00Z");
  document.changes = {"CHG1"};
  document.merged_into = IncidentKey{0, 7};
  document.evidence = {{"dependency-outage", "rules/db.yaml", 14, "web depends on db-1"},
                       {"merge", "", 0, "one cause"}};
  return document;
}

AlertRecord smallest_record() {
  AlertRecord record;
  record.at = record.starts_at = at("2026-03-02T00:00:09Z");
  record.labels = SharedLabels(labels({{"alertname", "HostDown"}}));
  return record;
}

AlertRecord largest_record() {
  AlertRecord record = smallest_record();
  record.fingerprint = Fingerprint{0xFFFFFFFFFFFFFFFF};
  record.state = AlertState::resolved;
  record.ends_at = at("2026-03-02T00:01:00Z");
  record.service = "web";
  record.known_service = true;
  record.incident = IncidentKey{0, 17};
  record.reason = "moved";
  record.repeats = 3;
  return record;
}

std::string incident(const IncidentDocument& document) {
  std::string out;
  append_incident(out, document, "INC");
  return out;
}

std::string record(const AlertRecord& record) {
  std::string out;
  append_alert_record(out, record, "INC");
  return out;
}

std::string membership(const Membership& membership) {
  std::string out;
  append_membership(out, membership, "INC");
  return out;
}

CommandResult smallest_result() {
  CommandResult result;
  result.at = at("2026-03-02T00:00:09Z");
  result.command.actor = "anna";
  result.command.what = Resolve{};
  result.accepted = true;
  return result;
}

std::string audit(const CommandResult& result) {
  std::string out;
  append_command_result(out, "7", result, "INC");
  return out;
}

std::string audit(decltype(Command::what) what) {
  CommandResult result = smallest_result();
  result.command.key = "k1";
  result.command.incident = IncidentKey{0, 3};
  result.command.what = std::move(what);
  result.incident = IncidentKey{0, 9};
  return audit(result);
}

SuppressionDocument smallest_suppression() {
  return {.id = "SIL-0-1",
          .revision = 1,
          .state = SuppressionDocument::State::active,
          .suppression = {.kind = Suppression::Kind::silence,
                          .matchers = {R"(a="b")"},
                          .starts_at = at("2026-03-02T00:00:09Z"),
                          .ends_at = at("2026-03-02T02:00:00Z"),
                          .comment = {}},
          .created_by = {},
          .created_at = at("2026-03-02T00:00:09Z"),
          .updated_at = at("2026-03-02T00:00:10Z")};
}

SuppressionDocument largest_suppression() {
  SuppressionDocument document = smallest_suppression();
  document.id = "MW-0-2";
  document.state = SuppressionDocument::State::expired;
  document.suppression.kind = Suppression::Kind::maintenance;
  document.suppression.comment = "kernel";
  document.created_by = "anna";
  return document;
}

std::string suppression(const SuppressionDocument& document) {
  std::string out;
  append_suppression(out, document);
  return out;
}

std::string skip(const SkipResult& result) {
  std::string out;
  append_skip_result(out, "8", {.key = "k1", .actor = "anna", .position = 17, .reason = "it crashes"}, result);
  return out;
}

std::string engine_change() {
  std::string out;
  append_engine_change(out, "CMD-0-9", at("2026-03-02T00:00:00Z"), "engine version 2 goes on after version 1");
  return out;
}

/// One of each command.
std::vector<std::string> audit_records() {
  Suppress silence;
  silence.replaces = "SIL-0-1";
  silence.suppression = largest_suppression().suppression;
  const ImplementChange change{
      .id = "CHG1", .service = "web", .kind = "release", .implemented_at = at("2026-03-02T00:00:00Z")};
  CommandResult refused = smallest_result();
  refused.accepted = false;
  refused.repeated = true;
  refused.reason = "INC-0-3 is closed";
  return {audit(smallest_result()),
          audit(refused),
          audit(Acknowledge{}),
          audit(Reopen{}),
          audit(Close{}),
          audit(Assign{"bert", "dba"}),
          audit(Comment{"seen"}),
          audit(Merge{{0, 1}}),
          audit(Split{{Fingerprint{255}}}),
          audit(silence),
          audit(Expire{"SIL-0-1"}),
          audit(change),
          skip({.at = at("2026-03-02T00:00:09Z"), .accepted = true, .reason = {}}),
          skip({.at = at("2026-03-02T00:00:09Z"), .accepted = false, .reason = "there is no record 17"}),
          engine_change()};
}

TEST_CASE("audit records of commands", "[wire][command]") {
  const auto records = audit_records();
  CHECK(records[0] == R"({"id":"7","at":"2026-03-02T00:00:09.000Z","actor":"anna","command":"resolve","accepted":true,)"
                      R"("repeated":false})");
  CHECK(records[1] ==
        R"({"id":"7","at":"2026-03-02T00:00:09.000Z","actor":"anna","command":"resolve","accepted":false,)"
        R"("repeated":true,"reason":"INC-0-3 is closed"})");
  CHECK(records[8] ==
        R"({"id":"7","at":"2026-03-02T00:00:09.000Z","actor":"anna","key":"k1","incident":"INC-0-3","command":"split",)"
        R"("alerts":["00000000000000ff"],"accepted":true,"repeated":false,"newIncident":"INC-0-9"})");
  CHECK(records[12] ==
        R"({"id":"8","at":"2026-03-02T00:00:09.000Z","actor":"anna","key":"k1","command":"skip","position":17,)"
        R"("text":"it crashes","accepted":true,"repeated":false})");
  CHECK(records.back() ==
        R"({"id":"CMD-0-9","at":"2026-03-02T00:00:00.000Z","actor":"operator","command":"accept-engine-change",)"
        R"("text":"engine version 2 goes on after version 1","accepted":true,"repeated":false})");
}

TEST_CASE("a silence", "[wire][command]") {
  CHECK(suppression(largest_suppression()) ==
        R"({"id":"MW-0-2","revision":1,"kind":"maintenance","state":"expired","matchers":["a=\"b\""],)"
        R"("startsAt":"2026-03-02T00:00:09.000Z","endsAt":"2026-03-02T02:00:00.000Z","comment":"kernel",)"
        R"("createdBy":"anna","createdAt":"2026-03-02T00:00:09.000Z","updatedAt":"2026-03-02T00:00:10.000Z"})");
}

TEST_CASE("an incident with the fewest fields", "[wire]") {
  CHECK(incident(smallest_incident()) ==
        R"({"id":"INC-0-1","revision":1,"change":"opened","state":"open","title":"HostDown","severity":"info",)"
        R"("impact":3,"urgency":3,"priority":"P5","major":false,"rule":"same-service","services":[],"labels":{},)"
        R"("alertCount":0,"alerts":[],"startedAt":"2026-03-02T00:00:09.845Z","openedAt":"2026-03-02T00:00:09.845Z",)"
        R"("updatedAt":"2026-03-02T00:00:09.845Z","evidence":[]})");
}

TEST_CASE("an incident with all fields", "[wire]") {
  CHECK(incident(largest_incident()) ==
        R"({"id":"INC-4294967295-18446744073709551615","revision":4294967295,"change":"merged","state":"merged",)"
        R"("title":"db-1: \"down\"\n\u0001\u001f)"
        "\x7f"
        R"(\\ ä😀","severity":"critical","impact":1,"urgency":1,"priority":"P1","major":true,"rule":"same-service",)"
        R"("root":{"service":"db-1","alert":"0000000000000abc","why":"its own alert came first","candidates":)"
        R"([{"service":"db-1","score":1000,"why":"first"},{"service":"db-2","score":0}]},"services":["db-1","web"],)"
        R"("configurationItems":["host-1"],"customers":["ACME"],"suppliers":["Hoster"],"team":"dba",)"
        R"("assignee":"anna","labels":{"env":"prod"},"runbook":"https://runbooks.example/db","alertCount":2,"alerts":[)"
        R"({"fingerprint":"0123456789abcdef","labels":{"alertname":"DbDown","service":"db-1"},"state":"firing",)"
        R"("flapping":true,"startsAt":"2026-03-02T00:00:09.845Z"},)"
        R"({"fingerprint":"0000000000000001","labels":{"a":"\"b\"\n"},"state":"resolved",)"
        R"("startsAt":"2026-03-02T00:00:09.845Z","endsAt":"2026-03-02T00:01:00.000Z"}],)"
        R"("startedAt":"2026-03-02T00:00:09.845Z","endedAt":"2026-03-02T00:01:00.000Z",)"
        R"("openedAt":"2026-03-02T00:00:09.845Z","updatedAt":"2026-03-02T00:00:09.845Z",)"
        R"("acknowledgedAt":"2026-03-02T00:02:00.000Z","resolvedAt":"2026-03-02T00:03:00.000Z",)"
        R"("closedAt":"2026-03-02T00:04:00.000Z","changes":["CHG1"],"mergedInto":"INC-0-7","evidence":[)"
        R"({"rule":"dependency-outage","file":"rules/db.yaml","line":14,"why":"web depends on db-1"},)"
        R"({"rule":"merge","why":"one cause"}]})");
}

TEST_CASE("a membership", "[wire]") {
  const SharedLabels set{labels({{"alertname", "HostDown"}})};
  CHECK(membership({at("2026-03-02T00:01:00Z"), set, at("2026-03-02T00:00:09.845Z"), {0, 17}}) ==
        R"({"at":"2026-03-02T00:01:00.000Z","labels":{"alertname":"HostDown"},)"
        R"("startsAt":"2026-03-02T00:00:09.845Z","incident":"INC-0-17"})");
}

TEST_CASE("records of alerts", "[wire]") {
  CHECK(record(smallest_record()) ==
        R"({"at":"2026-03-02T00:00:09.000Z","fingerprint":"0000000000000000","labels":{"alertname":"HostDown"},)"
        R"("state":"firing","startsAt":"2026-03-02T00:00:09.000Z","repeats":0})");
  CHECK(record(largest_record()) ==
        R"({"at":"2026-03-02T00:00:09.000Z","fingerprint":"ffffffffffffffff","labels":{"alertname":"HostDown"},)"
        R"("state":"resolved","startsAt":"2026-03-02T00:00:09.000Z","endsAt":"2026-03-02T00:01:00.000Z",)"
        R"("service":"web","knownService":true,"incident":"INC-0-17","reason":"moved","repeats":3})");
}

TEST_CASE("an incident whose root has no service has no root", "[wire]") {
  auto document = smallest_incident();
  document.root = RootCause{};
  CHECK(incident(document) == incident(smallest_incident()));
}

TEST_CASE("a prefix is escaped", "[wire]") { CHECK(to_string(IncidentKey{2, 3}, "A\"") == "A\"-2-3"); }

TEST_CASE("strings are escaped wherever the special byte stands", "[wire]") {
  for (std::size_t size = 0; size < 40; ++size) {
    for (std::size_t where = 0; where < size; ++where) {
      for (int byte = 1; byte < 128; ++byte) {
        std::string text(size, 'x');
        text[where] = static_cast<char>(byte);
        const bool special = byte < 0x20 || byte == '"' || byte == '\\';
        const std::size_t plain = special ? where : size;
        if (plain_prefix(text) != plain) FAIL("size " << size << " at " << where << " byte " << byte);
        std::string out;
        append_string(out, text);
        std::string set;
        append_labels(set, labels({{text, text}}));
        if (set != "{" + out + ":" + out + "}") FAIL("labels: size " << size << " at " << where << " byte " << byte);
      }
    }
  }
  std::string out;
  append_string(out, std::string_view("\0\b\t\n\f\r\x1b\"\\/ \xC3\xA4", 13));
  CHECK(out == R"("\u0000\b\t\n\f\r\u001b\"\\/ ä")");
}

TEST_CASE("texts in messages are short and of one line", "[wire]") {
  CHECK(printable("web") == "web");
  CHECK(printable("a\n\x1b[31m\x7f\xC2\x9B ä") == "a??[31m??? ä");
  CHECK(printable(std::string(64, 'x')) == std::string(64, 'x'));
  CHECK(printable(std::string(65, 'x')) == std::string(64, 'x') + "…");
  CHECK(printable(std::string(63, 'x') + "ä") == std::string(63, 'x') + "…");
}

// Its files are checked against docs/schemas by tests/schema/check.py.
TEST_CASE("documents for the schema check", "[.schema]") {
  std::ofstream("schema-incident.ndjson") << incident(smallest_incident()) << '\n'
                                          << incident(largest_incident()) << '\n';
  std::ofstream("schema-alert.ndjson") << record(smallest_record()) << '\n' << record(largest_record()) << '\n';
  const SharedLabels set{labels({{"alertname", "HostDown"}})};
  const auto time = at("2026-03-02T00:00:09.845Z");
  std::ofstream("schema-membership.ndjson") << membership({time, set, time, {0, 17}}) << '\n';
  std::ofstream audits("schema-audit.ndjson");
  for (const std::string& text : audit_records()) audits << text << '\n';
  std::ofstream("schema-silence.ndjson") << suppression(smallest_suppression()) << '\n'
                                         << suppression(largest_suppression()) << '\n';
  SUCCEED();
}

}  // namespace
}  // namespace triaged::wire

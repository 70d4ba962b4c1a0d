#include <algorithm>

#include <catch2/catch.hpp>

#include "connectors/readmodel/cursor.hpp"
#include "connectors/readmodel/read_model_reader.hpp"
#include "tests/support/labels.hpp"
#include "tests/unit/connectors/readmodel/model.hpp"

using namespace triaged;
using readmodel::AlertQuery;
using readmodel::IncidentQuery;
using readmodel::PageRequest;
using readmodel::QueryError;
using test::at;
using test::Model;
using test::output;
using Ids = std::vector<std::string>;

namespace {

/// 1: P3 open; 2: P1 acknowledged; 3: P3 open; 4: resolved P1; 5: closed P2; 6: merged P1.
void fill(Model& model) {
  std::vector<log::Output> outputs;
  for (std::uint64_t number = 1; number <= 6; ++number) {
    auto document = test::incident(number);
    constexpr IncidentState kStates[] = {IncidentState::open,     IncidentState::acknowledged, IncidentState::open,
                                         IncidentState::resolved, IncidentState::closed,       IncidentState::merged};
    constexpr std::uint8_t kPriorities[] = {3, 1, 3, 1, 2, 1};
    document.state = kStates[number - 1];
    document.priority = kPriorities[number - 1];
    if (number == 2) {
      document.title = "100% of Checkout_fails";
      document.severity = Severity::critical;
      document.services = {"checkout", "web"};
      document.team = "shop";
      document.assignee = "ann";
      document.rule = "dependency-outage";
    }
    outputs.push_back(output(document));
  }
  auto again = test::incident(1);
  again.priority = 3;
  again.updated_at = at(30);
  outputs.push_back(output(again));
  model.apply(outputs);
}

/// Page by page.
Ids walk(Model& model, const IncidentQuery& query, std::size_t limit) {
  Ids all;
  PageRequest request{limit, ""};
  do {
    const auto page = model.reader().incidents(query, request);
    const auto ids = Model::ids(page);
    CHECK(ids.size() <= limit);
    all.insert(all.end(), ids.begin(), ids.end());
    request.cursor = page->next;
  } while (!request.cursor.empty());
  return all;
}

}  // namespace

TEST_CASE("incidents: order, in one page or in many") {
  Model model;
  fill(model);
  struct {
    IncidentQuery::Order order;
    bool descending;
    Ids ids;
  } const cases[] = {
      {IncidentQuery::Order::urgency, true, {"INC-0-2", "INC-0-3", "INC-0-1", "INC-0-4", "INC-0-6", "INC-0-5"}},
      {IncidentQuery::Order::updated, true, {"INC-0-1", "INC-0-6", "INC-0-5", "INC-0-4", "INC-0-3", "INC-0-2"}},
      {IncidentQuery::Order::updated, false, {"INC-0-2", "INC-0-3", "INC-0-4", "INC-0-5", "INC-0-6", "INC-0-1"}},
      {IncidentQuery::Order::started, false, {"INC-0-1", "INC-0-2", "INC-0-3", "INC-0-4", "INC-0-5", "INC-0-6"}},
      {IncidentQuery::Order::number, true, {"INC-0-6", "INC-0-5", "INC-0-4", "INC-0-3", "INC-0-2", "INC-0-1"}},
  };
  for (const auto& one : cases) {
    const IncidentQuery query{.order = one.order, .descending = one.descending};
    for (const std::size_t limit : {1, 2, 4, 6, 100}) CHECK(walk(model, query, limit) == one.ids);
  }
}

TEST_CASE("incidents: filters hold together, values of one are alternatives") {
  Model model;
  fill(model);
  const auto found = [&](const IncidentQuery& query) { return walk(model, query, 2); };
  CHECK(found({.states = {IncidentState::open}}) == Ids{"INC-0-3", "INC-0-1"});
  CHECK(found({.states = {IncidentState::open, IncidentState::resolved}}) == Ids{"INC-0-3", "INC-0-1", "INC-0-4"});
  CHECK(found({.states = {IncidentState::closed, IncidentState::merged}}) == Ids{"INC-0-6", "INC-0-5"});
  CHECK(found({.states = {IncidentState::acknowledged, IncidentState::merged}}) == Ids{"INC-0-2", "INC-0-6"});
  CHECK(found({.priorities = {1, 2}}) == Ids{"INC-0-2", "INC-0-4", "INC-0-6", "INC-0-5"});
  CHECK(found({.severities = {Severity::critical}}) == Ids{"INC-0-2"});
  CHECK(found({.services = {"checkout", "nobody"}}) == Ids{"INC-0-2"});
  CHECK(found({.states = {IncidentState::open}, .services = {"checkout"}}).empty());
  CHECK(found({.rules = {"dependency-outage"}}) == Ids{"INC-0-2"});
  CHECK(found({.teams = {"shop"}}) == Ids{"INC-0-2"});
  CHECK(found({.assignees = {"ann"}}) == Ids{"INC-0-2"});
  CHECK(found({.since = at(6)}) == Ids{"INC-0-1", "INC-0-6"});
  CHECK(found({.until = at(3)}) == Ids{"INC-0-2"});
  CHECK(found({.started_since = at(2), .started_until = at(4)}) == Ids{"INC-0-2", "INC-0-3"});
  CHECK(found({.text = "100% OF"}) == Ids{"INC-0-2"});
  CHECK(found({.text = "checkout_"}) == Ids{"INC-0-2"});
  CHECK(found({.text = "t%n"}).empty());
  CHECK(found({.text = "inc-0-5"}) == Ids{"INC-0-5"});
}

TEST_CASE("incidents: a page goes on where the last one ended, whatever came between") {
  Model model;
  fill(model);
  const IncidentQuery query{.order = IncidentQuery::Order::number, .descending = false};
  const auto first = model.reader().incidents(query, {2, ""});
  auto changed = test::incident(3);
  changed.state = IncidentState::closed;
  model.apply({output(test::incident(9)), output(changed)});
  CHECK(Model::ids(model.reader().incidents(query, {100, first->next})) ==
        Ids{"INC-0-3", "INC-0-4", "INC-0-5", "INC-0-6", "INC-0-9"});
}

TEST_CASE("cursors: of another query, or made up, they are refused") {
  Model model;
  fill(model);
  const auto page = model.reader().incidents({.priorities = {1}}, {1, ""});
  REQUIRE(page.has_value());
  const auto cursor = page->next;
  REQUIRE_FALSE(cursor.empty());
  const auto refused = [&](const IncidentQuery& query, const std::string& with) {
    const auto answer = model.reader().incidents(query, {1, with});
    return !answer.has_value() && answer.error().kind == QueryError::Kind::bad_cursor;
  };
  CHECK_FALSE(refused({.priorities = {1}}, cursor));
  CHECK(refused({}, cursor));
  CHECK(refused({.priorities = {1, 2}}, cursor));
  CHECK(refused({.priorities = {1}, .order = IncidentQuery::Order::number}, cursor));
  CHECK(refused({.priorities = {1}}, "x"));
  CHECK(refused({.priorities = {1}}, cursor + "A"));
  for (std::size_t at = 0; at < cursor.size(); ++at) {
    auto forged = cursor;
    forged[at] = forged[at] == 'B' ? 'C' : 'B';
    CHECK(refused({.priorities = {1}}, forged));
  }
  CHECK_FALSE(model.reader().alerts({}, {1, cursor}).has_value());
  CHECK_FALSE(model.reader().silences({}, {1, cursor}).has_value());
  CHECK_FALSE(model.reader().timeline("INC-0-1", {1, cursor}).has_value());
}

TEST_CASE("cursors: numbers of any size come back") {
  const std::vector<std::int64_t> place{0, -1, INT64_MIN, INT64_MAX, 42};
  const auto text = readmodel::encode_cursor(7, place);
  CHECK(readmodel::decode_cursor(text, 7, place.size()) == place);
  CHECK_FALSE(readmodel::decode_cursor(text, 8, place.size()).has_value());
  CHECK_FALSE(readmodel::decode_cursor(text, 7, place.size() - 1).has_value());
  CHECK(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
        std::string::npos);
}

TEST_CASE("timeline: revisions in order, title and root where they changed") {
  Model model;
  auto document = test::incident(1);
  document.root = RootCause{"db", {}, {}, {}};
  model.apply({output(document)});
  document.change = IncidentChange::updated;
  document.alert_count = 4;
  document.updated_at = at(2);
  const auto same = output(document);
  document.title = "another";
  document.root->service = "web";
  document.state = IncidentState::acknowledged;
  document.change = IncidentChange::acknowledged;
  document.priority = 1;
  model.apply({same, output(document)});
  const auto timeline = model.reader().timeline("INC-0-1", {});
  REQUIRE(timeline.value().has_value());
  CHECK((*timeline)->documents ==
        std::vector<std::string>{
            R"({"at":"2026-03-02T06:01:00.000Z","change":"opened","state":"open","priority":"P3","alertCount":1,)"
            R"("title":"incident 1","root":"db"})",
            R"({"at":"2026-03-02T06:02:00.000Z","change":"updated","state":"open","priority":"P3","alertCount":4})",
            R"({"at":"2026-03-02T06:02:00.000Z","change":"acknowledged","state":"acknowledged","priority":"P1",)"
            R"("alertCount":4,"title":"another","root":"web"})"});
  const auto first = model.reader().timeline("INC-0-1", {2, ""});
  const auto rest = model.reader().timeline("INC-0-1", {2, (*first)->next});
  CHECK((*first)->documents.size() == 2);
  CHECK((*rest)->documents.size() == 1);
  CHECK((*rest)->next.empty());
}

TEST_CASE("alerts: filters, matchers and pages") {
  Model model;
  std::vector<log::Output> outputs;
  for (int number = 1; number <= 5; ++number) {
    auto record =
        test::alert(test::labels({{"alertname", "A"}, {"n", std::to_string(number)}, {"note", "say \"hi\""}}));
    if (number % 2 == 0) record.state = AlertState::resolved;
    if (number == 3) record.incident = IncidentKey{0, 17};
    if (number == 4) record.reason = "no correlation rule matches";
    if (number == 5) {
      record.service = "db";
      record.state = AlertState::flapping;
    }
    outputs.push_back(output(record));
  }
  model.apply(outputs);
  const auto found = [&](const AlertQuery& query) {
    std::string numbers;
    PageRequest request{2, ""};
    do {
      const auto page = model.reader().alerts(query, request);
      REQUIRE(page.has_value());
      for (const auto& document : page->documents) numbers += document[document.find(R"("n":")") + 5];
      request.cursor = page->next;
    } while (!request.cursor.empty());
    return numbers;
  };
  const auto matcher = [](const char* text) { return Matcher::parse(text).value(); };
  CHECK(found({}) == "54321");
  CHECK(found({.states = {AlertState::firing}}) == "31");
  CHECK(found({.states = {AlertState::firing, AlertState::flapping}}) == "531");
  CHECK(found({.states = {AlertState::firing, AlertState::resolved}}) == "4321");
  CHECK(found({.services = {"db"}}) == "5");
  CHECK(found({.incident = IncidentKey{0, 17}}) == "3");
  CHECK(found({.in_none = true}) == "5421");
  CHECK(found({.reason = "No Correlation"}) == "4");
  CHECK(found({.matchers = {matcher(R"(n="2")")}}) == "2");
  CHECK(found({.matchers = {matcher(R"(note="say \"hi\"")"), matcher(R"(n=~"[1-3]")")}}) == "321");
  CHECK(found({.matchers = {matcher(R"(absent="")"), matcher(R"(n!="1")")}}) == "5432");
  CHECK(found({.matchers = {matcher(R"(note="hi")")}}).empty());
}

TEST_CASE("services: open incidents by priority, alerts that fire, the last incident") {
  Model model;
  fill(model);
  auto one = test::alert(test::labels({{"alertname", "A"}}));
  auto two = test::alert(test::labels({{"alertname", "B"}}));
  two.service = "db";
  model.apply({output(one), output(two)});
  const auto find = [&](const std::string& name) {
    const auto services = model.reader().services();
    REQUIRE(services.has_value());
    const auto row = std::ranges::find(*services, name, &readmodel::ServiceRow::name);
    REQUIRE(row != services->end());
    return *row;
  };
  CHECK(find("web").open[0] == 3);
  CHECK(find("web").open[1] == 1);
  CHECK(find("web").open[3] == 2);
  CHECK(find("web").alerts == 1);
  CHECK(find("web").last_incident == "INC-0-6");
  CHECK(find("checkout").open[0] == 1);
  CHECK(find("checkout").last_incident == "INC-0-2");
  CHECK(find("db").alerts == 1);
  CHECK(find("db").last_incident.empty());

  one.service = "db";  // the rules say something else of it now
  two.state = AlertState::resolved;
  auto second = test::incident(2);
  second.services = {"db"};
  model.apply({output(one), output(two), output(second)});
  CHECK(find("web").alerts == 0);
  CHECK(find("db").alerts == 1);
  CHECK(find("web").open[0] == 2);
  CHECK(find("checkout").open[0] == 0);
  CHECK(find("db").open[3] == 1);
}

TEST_CASE("a pool of readers opens what it needs, and none of a file that is gone") {
  Model model;
  model.apply({output(test::incident(1))});
  int damages = 0;
  readmodel::ReaderPool pool(model.file(), [&damages] { ++damages; });
  const auto ask = [](readmodel::ReadModelReader& reader) { return reader.incident("INC-0-1"); };
  CHECK(pool.with(ask).value().has_value());
  CHECK(pool.with(ask).value().has_value());
  std::filesystem::remove(model.file());
  CHECK(pool.with(ask).value().has_value());  // it is open
  CHECK(damages == 0);
  pool.forget();
  const auto gone = pool.with(ask);
  REQUIRE_FALSE(gone.has_value());
  CHECK(gone.error().kind == QueryError::Kind::damaged);
  CHECK(damages == 1);
}

TEST_CASE("a pool that is shut opens nothing until its file is another one") {
  Model model;
  model.apply({output(test::incident(1))});
  int damages = 0;
  readmodel::ReaderPool pool(model.file(), [&damages] { ++damages; });
  const auto ask = [](readmodel::ReadModelReader& reader) { return reader.incident("INC-0-1"); };
  CHECK(pool.with(ask).has_value());
  pool.shut();
  const auto refused = pool.with(ask);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == QueryError::Kind::damaged);
  pool.forget();
  CHECK(pool.with(ask).has_value());
  // One that was taken before finds what it may.
  const auto late = pool.with([&](readmodel::ReadModelReader&) -> readmodel::Answer<int> {
    pool.shut();
    return std::unexpected(QueryError{QueryError::Kind::failed, "no such table"});
  });
  CHECK(late.error().kind == QueryError::Kind::damaged);
}

TEST_CASE("commands: by the id of their record, and in the timeline of each incident that they name") {
  Model model;
  const std::string merge =
      R"({"id":"CMD-0-9","at":"2026-03-02T06:05:00.000Z","actor":"ann","key":"k","incident":"INC-0-1",)"
      R"("command":"merge","into":"INC-0-2","accepted":true,"repeated":false})";
  const std::string silence =
      R"({"id":"CMD-0-10","at":"2026-03-02T06:06:00.000Z","actor":"ann","command":"silence","accepted":false,)"
      R"("repeated":false,"reason":"no"})";
  model.apply({output(test::incident(1)),
               output(test::incident(2)),
               {log::Topic::audit, "CMD-0-9", merge},
               {log::Topic::audit, "CMD-0-10", silence}});
  CHECK(model.reader().audit("CMD-0-9").value() == merge);
  CHECK(model.reader().audit("CMD-0-10").value() == silence);
  CHECK_FALSE(model.reader().audit("CMD-0-11").value().has_value());
  for (const char* id : {"INC-0-1", "INC-0-2"}) {
    const auto timeline = model.reader().timeline(id, {});
    REQUIRE(timeline.value().has_value());
    CHECK((*timeline)->documents.size() == 2);
    CHECK((*timeline)->documents.back() == merge);
  }
  CHECK(model->prune(at(60))->audits == 2);
  CHECK_FALSE(model.reader().audit("CMD-0-9").value().has_value());
}

TEST_CASE("silences: the last document of each, by state") {
  Model model;
  const auto silence = [](int number, const std::string& state) {
    const auto id = "SIL-0-" + std::to_string(number);
    return log::Output{log::Topic::silences, id,
                       R"({"id":")" + id + R"(","state":")" + state + R"(","updatedAt":"2026-03-02T06:00:00.000Z"})"};
  };
  model.apply({silence(1, "active"), silence(2, "pending"), silence(3, "active"), silence(2, "active")});
  model.apply({silence(1, "expired")});
  CHECK(Model::ids(model.reader().silences({}, {})) == Ids{"SIL-0-3", "SIL-0-2", "SIL-0-1"});
  CHECK(Model::ids(model.reader().silences({.states = {"active"}}, {})) == Ids{"SIL-0-3", "SIL-0-2"});
  const auto first = model.reader().silences({}, {2, ""});
  CHECK(Model::ids(model.reader().silences({}, {2, first->next})) == Ids{"SIL-0-1"});
  CHECK(model.reader().silence("SIL-0-1").value() == silence(1, "expired").value);
  REQUIRE(model->prune(at(1)));
  CHECK(Model::ids(model.reader().silences({}, {})) == Ids{"SIL-0-3", "SIL-0-2"});
}

TEST_CASE("commands: what was refused leaves nothing for an incident that comes later") {
  Model model;
  const auto comment = [](const std::string& id, bool accepted) {
    return log::Output{log::Topic::audit, id,
                       R"({"id":")" + id + R"(","at":"2026-03-02T06:05:00.000Z","actor":"ann","incident":"INC-0-1",)" +
                           R"("command":"comment","text":"t","accepted":)" + (accepted ? "true}" : "false}")};
  };
  model.apply({comment("CMD-0-1", false)});
  CHECK(Model::ids(model.reader().incidents({}, {})).empty());
  model.apply({output(test::incident(1)), comment("CMD-0-2", false), comment("CMD-0-3", true)});
  model.apply({comment("CMD-0-4", false)});
  const auto timeline = model.reader().timeline("INC-0-1", {});
  REQUIRE(timeline.value().has_value());
  std::string ids;
  for (const auto& entry : (*timeline)->documents) ids += entry.starts_with("{\"id\"") ? entry.substr(13, 1) : "-";
  CHECK(ids == "-234");
}

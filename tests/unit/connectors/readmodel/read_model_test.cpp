#include "connectors/readmodel/read_model.hpp"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "connectors/readmodel/read_model_reader.hpp"
#include "connectors/sqlite/database.hpp"
#include "tests/support/labels.hpp"
#include "tests/unit/connectors/readmodel/model.hpp"

using namespace triaged;
using readmodel::ReadModel;
using test::at;
using test::Model;
using test::output;

namespace {

std::uint64_t count(Model& model, IncidentState state, std::uint8_t priority) {
  const auto counts = model.reader().counts();
  REQUIRE(counts.has_value());
  for (const auto& row : *counts) {
    if (row.state == state && row.priority == priority) return row.incidents;
  }
  return 0;
}

std::size_t alerts(Model& model) { return model.reader().alerts({}, {})->documents.size(); }

}  // namespace

TEST_CASE("read model: the last document of an incident is kept, of one cut or of several") {
  Model model;
  auto first = test::incident(7);
  auto second = first;
  second.revision = 2;
  second.state = IncidentState::acknowledged;
  second.priority = 1;
  CHECK(model.apply({output(first), output(second)}).documents == 2);
  CHECK(model.reader().incident("INC-0-7").value() == output(second).value);
  CHECK(count(model, IncidentState::acknowledged, 1) == 1);
  CHECK(count(model, IncidentState::open, 3) == 0);

  auto third = second;
  third.state = IncidentState::closed;
  model.apply({output(third)});
  CHECK(model.reader().incident("INC-0-7").value() == output(third).value);
  CHECK(count(model, IncidentState::acknowledged, 1) == 0);
  CHECK(count(model, IncidentState::closed, 1) == 1);

  CHECK_FALSE(model.reader().incident("INC-0-8").value().has_value());
  CHECK_FALSE(model.reader().incident("X-0-7").value().has_value());
  CHECK_FALSE(model.reader().incident("INC-0-7'; --").value().has_value());
}

TEST_CASE("read model: a cut that was applied before changes nothing; progress outlives the process") {
  Model model;
  REQUIRE(model->apply(Model::portion(3, at(1), 1, std::vector{output(test::incident(1)), output(test::incident(2))})));
  const auto again = model->apply(Model::portion(3, at(1), 1, std::vector{output(test::incident(3))}));
  REQUIRE(again.has_value());
  CHECK(again->documents == 0);
  CHECK(Model::ids(model.reader().incidents({}, {})) == std::vector<std::string>{"INC-0-2", "INC-0-1"});
  REQUIRE(model->apply(Model::portion(4, at(2), 3, {})));  // a cut without outputs counts too

  auto reopened = ReadModel::open(model.file());
  REQUIRE(reopened.has_value());
  CHECK(reopened->progress().of(0).cut == 4);
  CHECK(reopened->progress().of(0).clock == at(2));
  CHECK(reopened->progress().of(0).outputs == 2);
  CHECK(reopened->began_anew().empty());
  CHECK(model.reader().progress().value() == reopened->progress().shards);
}

TEST_CASE("read model: shards number their outputs alike, and each has its own progress") {
  Model model;
  const auto alert = output(test::alert(test::labels({{"alertname", "A"}})));
  auto of_other = test::incident(1);
  of_other.key.shard = 3;
  auto first = Model::portion(1, at(1), 1, std::vector{output(test::incident(1)), alert});
  first.resume = "there";
  REQUIRE(model->apply(first));
  // What a cut has that is not complete yet is shown, and what comes twice changes nothing.
  auto part = Model::portion(1, at(9), 1, std::vector{output(of_other), alert}, 3);
  part.progress.clear();
  part.resume = "on";
  CHECK(model->apply(part)->documents == 2);
  CHECK(model->progress().of(3).cut == 0);
  CHECK(model->progress().resume == "on");
  CHECK(model->apply(part)->documents == 2);
  CHECK(model->apply(first)->documents == 0);
  CHECK(model->apply(Model::portion(2, at(9), 3, {}, 3))->documents == 0);
  CHECK(model->progress().of(0).clock == at(1));
  CHECK(model->progress().of(3).clock == at(9));
  CHECK(model->progress().newest() == at(9));
  CHECK(Model::ids(model.reader().incidents({}, {})).size() == 2);
  CHECK(model.reader().timeline("INC-0-1", {}).value()->documents.size() == 1);
  CHECK(model.reader().timeline("INC-3-1", {}).value()->documents.size() == 1);
  CHECK(alerts(model) == 2);  // each shard has it
  const auto reopened = ReadModel::open(model.file());
  REQUIRE(reopened);
  CHECK(reopened->progress().shards == model->progress().shards);
  CHECK(reopened->progress().resume == model->progress().resume);
}

TEST_CASE("read model: what fails leaves nothing of its cut, and can be tried again") {
  Model model;
  model.apply({output(test::incident(1))});
  auto other = sqlite::Database::open(model.file());
  REQUIRE(other.has_value());
  REQUIRE(other->exec("CREATE TRIGGER t BEFORE INSERT ON alerts BEGIN SELECT RAISE(ABORT, 'no'); END"));
  const std::vector outputs{output(test::incident(2)), output(test::alert(test::labels({{"alertname", "A"}})))};
  CHECK_FALSE(model->apply(Model::portion(2, at(2), 2, outputs)).has_value());
  CHECK(model->progress().of(0).cut == 1);
  CHECK(Model::ids(model.reader().incidents({}, {})).size() == 1);
  REQUIRE(other->exec("DROP TRIGGER t"));
  CHECK(model->apply(Model::portion(2, at(2), 2, outputs)).has_value());
  CHECK(Model::ids(model.reader().incidents({}, {})).size() == 2);
  CHECK(count(model, IncidentState::open, 3) == 2);
}

TEST_CASE("read model: a document that is none of ours is passed over and told") {
  Model model;
  const auto applied = model.apply({{log::Topic::incidents, "INC-0-1", R"({"id":"INC-0-1","state":"odd"})"},
                                    {log::Topic::alerts, "x", "no JSON"},
                                    {log::Topic::rejected, "x", "\xFF"},
                                    output(test::incident(2))});
  CHECK(applied.documents == 1);
  CHECK(applied.unreadable == 2);
  CHECK(applied.first_unreadable == "output 1 of shard 0 with key INC-0-1");
}

TEST_CASE("read model: the last record of a label set is kept, whatever fingerprints say") {
  Model model;
  auto one = test::alert(test::labels({{"alertname", "A"}, {"host", "1"}}));
  auto two = test::alert(test::labels({{"alertname", "A"}, {"host", "2"}}));
  two.fingerprint = one.fingerprint;
  model.apply({output(one), output(two), output(one)});
  CHECK(alerts(model) == 2);
  two.state = AlertState::resolved;
  model.apply({output(two)});
  const auto page = model.reader().alerts({.states = {AlertState::resolved}}, {});
  REQUIRE(page.has_value());
  CHECK(page->documents == std::vector{output(two).value});
  CHECK(alerts(model) == 2);
}

TEST_CASE("read model: a file of another schema version is built anew, one that is broken is put aside") {
  const test::TemporaryFolder folder;
  const auto file = folder.file("readmodel.db");
  {
    auto model = ReadModel::open(file);
    REQUIRE(model.has_value());
    REQUIRE(model->apply(Model::portion(1, at(1), 1, std::vector{output(test::incident(1))})));
  }
  SECTION("another version") {
    auto database = sqlite::Database::open(file);
    REQUIRE(database->pragma("user_version=999"));
    database = sqlite::Database::open(folder.file("other.db"));  // closes it
    auto model = ReadModel::open(file);
    REQUIRE(model.has_value());
    CHECK(model->began_anew() == file + " has schema version 999, this program's is 2");
    CHECK(model->progress().of(0).cut == 0);
    CHECK_FALSE(std::filesystem::exists(file + ".corrupt"));
    CHECK(model->apply(Model::portion(1, at(1), 1, std::vector{output(test::incident(1))})));
  }
  SECTION("no database") {
    std::ofstream(file) << std::string(8192, 'x');
    auto model = ReadModel::open(file);
    REQUIRE(model.has_value());
    CHECK(model->began_anew() == file + ": file is not a database");
    CHECK(model->progress().of(0).cut == 0);
    CHECK(std::filesystem::file_size(file + ".corrupt") == 8192);
    CHECK(ReadModel::open(file)->began_anew().empty());
  }
  SECTION("a folder that is not there is no reason to begin anew") {
    const auto opened = ReadModel::open(folder.file("missing/readmodel.db"));
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().kind == sqlite::Error::Kind::not_found);
  }
}

TEST_CASE("read model: what is over is let go when it is old, with all that belongs to it") {
  Model model;
  std::vector<log::Output> outputs;
  for (const std::uint64_t number : {1, 2, 3}) {
    auto closed = test::incident(number);
    closed.state = number == 2 ? IncidentState::open : IncidentState::closed;
    closed.services = {"only-" + std::to_string(number)};
    outputs.push_back(output(closed));
  }
  auto fires = test::alert(test::labels({{"alertname", "fires"}}));
  auto over = test::alert(test::labels({{"alertname", "over"}}));
  over.state = AlertState::resolved;
  over.service = "only-over";
  outputs.push_back(output(fires));
  outputs.push_back(output(over));
  model.apply(outputs);
  REQUIRE(model.reader().services()->size() == 5);

  const auto pruned = model->prune(at(3));  // number 3 changed at that time
  REQUIRE(pruned.has_value());
  CHECK(pruned->incidents == 1);
  CHECK(pruned->alerts == 1);
  CHECK_FALSE(pruned->more);
  CHECK(Model::ids(model.reader().incidents({}, {})) == std::vector<std::string>{"INC-0-2", "INC-0-3"});
  CHECK_FALSE(model.reader().timeline("INC-0-1", {}).value().has_value());
  CHECK(count(model, IncidentState::closed, 3) == 1);
  CHECK(alerts(model) == 1);
  const auto services = model.reader().services();
  REQUIRE(services.has_value());
  std::vector<std::string> names;
  for (const auto& service : *services) names.push_back(service.name);
  CHECK(names == std::vector<std::string>{"only-2", "only-3", "web"});
}

TEST_CASE("read model: pruning goes by pieces") {
  Model model;
  std::vector<log::Output> outputs;
  for (std::uint64_t number = 1; number <= 5; ++number) {
    auto merged = test::incident(number);
    merged.state = IncidentState::merged;
    outputs.push_back(output(merged));
  }
  model.apply(outputs);
  CHECK(model->prune(at(60), 3)->more);
  const auto rest = model->prune(at(60), 3);
  CHECK(rest->incidents == 2);
  CHECK_FALSE(rest->more);
  CHECK(model.reader().counts()->empty());
}

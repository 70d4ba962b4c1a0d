#include <condition_variable>
#include <mutex>

#include <catch2/catch.hpp>

#include "connectors/wire/command_decoder.hpp"
#include "connectors/wire/command_signature.hpp"
#include "connectors/wire/document_writer.hpp"
#include "tests/unit/daemon/api/fixture.hpp"

using namespace triaged;
using Catch::Matchers::Contains;
using test::Api;
using test::output;

namespace {

const char* const kAcknowledge = R"({"key":"k1","actor":"ann","command":"acknowledge","incident":"INC-0-1"})";

log::Output record(const std::string& id, const CommandResult& result) {
  log::Output output{log::Topic::audit, id, {}};
  wire::append_command_result(output.value, id, result, "INC");
  return output;
}

CommandResult acknowledged() {
  CommandResult result;
  result.at = test::at(5);
  result.command = {"k1", "ann", IncidentKey{0, 1}, Acknowledge{}};
  result.incident = result.command.incident;
  result.accepted = true;
  return result;
}

http::Response command(Api& api, const std::string& body, const std::string& key = "",
                       std::optional<http::User> user = std::nullopt) {
  http::Request request;
  request.method = http::Method::post;
  request.path = "/api/v1/commands";
  request.body = body;
  request.user = std::move(user);
  if (!key.empty()) request.fields.add("Idempotency-Key", key);
  return api.ask(std::move(request));
}

}  // namespace

TEST_CASE("commands: answered with the record and the incident, once the read model has both") {
  Api api;
  auto document = test::incident(1);
  document.state = IncidentState::acknowledged;
  const auto incident = output(document);
  const auto audit = record("CMD-0-7", acknowledged());
  api.model.apply({audit, incident});
  api.commands.receipt = {
      .refusal = {}, .id = "CMD-0-7", .shard = 2, .position = 7, .log_time = test::at(5) + Duration{130}};
  const auto answer = command(api, kAcknowledge);
  CHECK(answer.status == 200);
  CHECK(answer.body == R"({"command":)" + audit.value + R"(,"incident":)" + incident.value + "}\n");
  CHECK(api.waiter.asked == test::at(5) + Duration{200});  // the close of its 100 ms
  CHECK(api.waiter.shard == 2);
  REQUIRE(api.commands.texts.size() == 1);
  CHECK(api.commands.texts[0] == kAcknowledge);
  CHECK(api.get("/api/v1/commands/CMD-0-7").body == answer.body);
}

TEST_CASE("commands: the read model takes too long, or does not have it: 202 and where to look") {
  Api api;
  api.commands.receipt.id = "CMD-0-7";
  SECTION("too long") { api.waiter.caught_up = false; }
  SECTION("not there") {}
  const auto answer = command(api, kAcknowledge);
  CHECK(answer.status == 202);
  REQUIRE(answer.headers.size() == 1);
  CHECK(answer.headers[0].name == "Location");
  CHECK(answer.headers[0].value == "/api/v1/commands/CMD-0-7");
}

TEST_CASE("commands: refused by the engine, by the log, or malformed") {
  Api api;
  auto refused = acknowledged();
  refused.accepted = false;
  refused.reason = "INC-0-1 is closed";
  const auto audit = record("CMD-0-7", refused);
  api.model.apply({audit});
  api.commands.receipt.id = "CMD-0-7";
  const auto conflict = command(api, kAcknowledge);
  CHECK(conflict.status == 409);
  REQUIRE(conflict.problem.has_value());
  CHECK(conflict.problem->detail == "INC-0-1 is closed");
  REQUIRE(conflict.problem->members.size() == 1);
  CHECK(conflict.problem->members[0].json == audit.value);

  api.commands.texts.clear();
  const auto unknown = command(api, R"({"command":"acknowlege","incident":"INC-0-1"})");
  CHECK(unknown.status == 400);
  REQUIRE(unknown.problem.has_value());
  CHECK_THAT(unknown.problem->detail, Contains("did you mean \"acknowledge\"?"));
  CHECK(unknown.problem->members.at(0).json == "\"command\"");
  for (const char* body : {"", "[]", "{", R"({"command":"comment","incident":"INC-0-1"})",
                           R"({"key":"a","key":"b","command":"close","incident":"INC-0-1"})"}) {
    CHECK(command(api, body).status == 400);
  }
  CHECK(api.commands.texts.empty());

  api.commands.receipt.conflict = "nothing is stopped";
  const auto pointless = command(api, kAcknowledge);
  CHECK(pointless.status == 409);
  REQUIRE(pointless.problem.has_value());
  CHECK(pointless.problem->detail == "nothing is stopped");
  api.commands.receipt.conflict.clear();
  api.commands.receipt.refusal = api::Refusal{"the disk is full", std::chrono::seconds(2)};
  CHECK(command(api, kAcknowledge).status == 503);
}

TEST_CASE("commands: who is logged in is the actor, and the header's key is the key") {
  Api api;
  const auto sent = [&] { return api.commands.texts.back(); };
  const std::string body = R"({"command":"close","incident":"INC-0-1"})";
  command(api, body);
  CHECK(sent() == R"({"command":"close","incident":"INC-0-1","key":"made","actor":"anonymous"})");
  command(api, body, "mine");
  CHECK(sent() == R"({"command":"close","incident":"INC-0-1","key":"mine","actor":"anonymous"})");
  command(api, kAcknowledge, "mine", http::User{"bob", config::Role::write});
  CHECK(sent() == R"({"command":"acknowledge","incident":"INC-0-1","key":"mine","actor":"bob"})");
  CHECK(command(api, body, std::string(200, 'k')).status == 400);
}

TEST_CASE("commands: what leaves a record out takes an administrator, where there are users") {
  Api api;
  const std::string skip = R"({"command":"skip","position":7,"reason":"it crashes"})";
  CHECK(command(api, skip, "", http::User{"bob", config::Role::write}).status == 403);
  CHECK(api.commands.texts.empty());
  CHECK(command(api, skip, "", http::User{"root", config::Role::admin}).status == 202);
  CHECK(command(api, skip).status == 202);
}

TEST_CASE("commands: a silence comes with its document") {
  Api api;
  CommandResult result;
  result.at = test::at(5);
  result.command = {
      "k",
      "ann",
      {},
      Suppress{"", {.matchers = {"a=\"b\""}, .starts_at = test::at(5), .ends_at = test::at(9), .comment = ""}}};
  result.accepted = true;
  result.suppression = "SIL-0-1";
  SuppressionDocument silence;
  silence.id = "SIL-0-1";
  silence.suppression = std::get<Suppress>(result.command.what).suppression;
  silence.updated_at = test::at(5);
  log::Output document{log::Topic::silences, silence.id, {}};
  wire::append_suppression(document.value, silence);
  api.model.apply({record("CMD-0-8", result), document});
  CHECK_THAT(api.get("/api/v1/commands/CMD-0-8").body, Contains(R"(,"silence":)" + document.value + "}"));
  CHECK(api.get("/api/v1/silences/SIL-0-1").body == document.value + "\n");
  CHECK(api.get("/api/v1/silences", {{"state", "pending"}}).body == "{\"silences\":[\n" + document.value + "]}\n");
}

TEST_CASE("signing a command leaves the rest of it as it is") {
  const wire::CommandSignature spare{.key = "k", .key_wins = false, .actor = "a", .actor_wins = false};
  CHECK(wire::sign_command("{}", spare) == R"({"key":"k","actor":"a"})");
  CHECK(wire::sign_command(R"({ "key": "x\"", "l": [1, {"actor": null}] })", spare) ==
        R"({"key":"x\"","l":[1,{"actor":null}],"actor":"a"})");
  for (const char* text : {"", "[]", "{", "{\"a\":}"}) CHECK(wire::sign_command(text, spare) == text);
}

namespace {

/// Answers as they come.
class Answers {
 public:
  std::move_only_function<void(bool)> next() {
    return [this](bool caught_up) {
      const std::scoped_lock lock(mutex_);
      answers_ += caught_up ? '+' : '-';
      changed_.notify_all();
    };
  }
  std::string wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(10), [&] { return answers_.size() >= count; });
    return answers_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string answers_;
};

}  // namespace

TEST_CASE("the clock of the read model calls those whose time has come, and those who waited too long") {
  Answers answers;
  {
    api::ReadModelClock clock;
    clock.wait(0, test::at(1), std::chrono::hours(1), answers.next());
    clock.wait(0, test::at(2), std::chrono::hours(1), answers.next());
    clock.applied(0, test::at(1));
    CHECK(answers.wait(1) == "+");
    clock.wait(0, test::at(1), std::chrono::hours(1), answers.next());  // it is there already
    CHECK(answers.wait(2) == "++");
    clock.wait(0, test::at(3), Duration{1}, answers.next());
    CHECK(answers.wait(3) == "++-");
    clock.applied(0, test::at(0));
    CHECK(answers.wait(3) == "++-");
  }
  CHECK(answers.wait(4) == "++--");  // who still waits when it ends
}

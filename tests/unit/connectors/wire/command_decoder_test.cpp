#include "connectors/wire/command_decoder.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "connectors/wire/document_writer.hpp"

namespace triaged::wire {
namespace {

const Time kNow = parse_time("2026-03-02T10:00:00.000Z").value();

std::string text_of(const Command& command) {
  std::string out;
  append_command(out, command, "INC");
  return out;
}

/// The command as it is written again.
std::string again(std::string_view text, Time now = kNow) {
  const auto decoded = decode_command(text, now, "INC");
  if (!decoded) return decoded.error().field + ": " + decoded.error().reason;
  return text_of(std::get<Command>(*decoded));
}

std::string with(std::string_view rest) { return R"({"key":"k1","actor":"anna",)" + std::string(rest) + "}"; }

TEST_CASE("a command is read as it is written", "[wire][command]") {
  const std::string text = GENERATE(values<std::string>({
      R"("incident":"INC-0-3","command":"acknowledge")",
      R"("incident":"INC-4294967295-18446744073709551615","command":"resolve")",
      R"("incident":"INC-0-3","command":"reopen")",
      R"("incident":"INC-0-3","command":"close")",
      R"("incident":"INC-0-3","command":"assign","assignee":"bert")",
      R"("incident":"INC-0-3","command":"assign","assignee":"bert","team":"dba")",
      R"("incident":"INC-0-3","command":"comment","text":"\"ä\"\n")",
      R"("incident":"INC-0-3","command":"merge","into":"INC-0-1")",
      R"("incident":"INC-0-3","command":"split","alerts":["00000000000000ff","9cfc84486edd51b6"])",
      R"("command":"silence","matchers":["a=\"b\""],"startsAt":"2026-03-02T10:00:00.000Z","endsAt":"2026-03-02T12:00:00.000Z")",
      R"("command":"maintenance","id":"MW-0-1","matchers":["a=\"b\"","c=~\".+\""],"startsAt":"2026-03-03T10:00:00.000Z","endsAt":"2026-03-03T12:00:00.000Z","comment":"kernel")",
      R"("command":"expire","id":"SIL-0-3")",
      R"("command":"change","id":"CHG-1","service":"web","kind":"release","implementedAt":"2026-03-02T09:59:00.000Z")",
      R"("command":"change","id":"CHG-1","service":"web","implementedAt":"2026-03-02T09:59:00.000Z")",
  }));
  CHECK(again(with(text)) == with(text));
  CHECK(again(with(text), kNow + std::chrono::hours(1)) == with(text));
}

TEST_CASE("a silence begins now where nothing else is said", "[wire][command]") {
  const auto silence = with(R"("command":"silence","matchers":["a=\"b\""],"duration":"1h30m")");
  CHECK(again(silence) == with(R"("command":"silence","matchers":["a=\"b\""],"startsAt":"2026-03-02T10:00:00.000Z",)"
                               R"("endsAt":"2026-03-02T11:30:00.000Z")"));
  CHECK(again(with(
            R"("command":"silence","matchers":["a=\"b\""],"duration":"1h","startsAt":"2026-03-02T12:00:00+02:00")")) ==
        with(R"("command":"silence","matchers":["a=\"b\""],"startsAt":"2026-03-02T10:00:00.000Z",)"
             R"("endsAt":"2026-03-02T11:00:00.000Z")"));
}

TEST_CASE("a skip is not the engine's", "[wire][command]") {
  const auto decoded = decode_command(with(R"("command":"skip","position":17,"reason":"it crashes")"), kNow, "INC");
  REQUIRE(decoded.has_value());
  const auto& skip = std::get<SkipRequest>(*decoded);
  CHECK(skip.position == 17);
  CHECK(skip.shard == 0);
  CHECK(skip.reason == "it crashes");
  CHECK(skip.key == "k1");
  CHECK(skip.actor == "anna");
  const auto of_shard = [](const std::string& shard) {
    return decode_command(with(R"("command":"skip","position":17,"reason":"it crashes","shard":)" + shard), kNow,
                          "INC");
  };
  CHECK(std::get<SkipRequest>(of_shard("4294967295").value()).shard == 4294967295);
  for (const char* wrong : {"4294967296", "-1", "\"1\"", "1.5"}) {
    CHECK(of_shard(wrong).error().reason == "shard is not a whole number from 0 to 4294967295");
  }
}

TEST_CASE("what is wrong with a command is told with its field", "[wire][command]") {
  const std::string long_text(16 * 1024 + 1, 'x');
  const std::string long_matcher = R"(a=\"b\")" + std::string(4 * 1024 - 5, 'x') + "y";
  const auto [text, message] = GENERATE_COPY(table<std::string, std::string>({
      {"nonsense", ": malformed JSON"},
      {"[]", ": a command is a JSON object"},
      {with(R"("command":"acknowledge","command":"close")"), ": key \"command\" stands twice"},
      {"{}", "command: \"command\" is missing; it is one of acknowledge, assign"},
      {with(R"("command":"acknowlege","incident":"INC-0-1")"),
       "command: there is no command \"acknowlege\"; did you mean \"acknowledge\"?"},
      {with(R"("command":3)"), "command: command is not a string"},
      {R"({"actor":"anna","command":"close","incident":"INC-0-1"})", "key: \"key\" is missing"},
      {R"({"key":"","actor":"anna","command":"close","incident":"INC-0-1"})", "key: key is empty"},
      {R"({"key":")" + std::string(129, 'k') + R"(","actor":"anna","command":"close","incident":"INC-0-1"})",
       "key: key is 129 bytes, the bound is 128"},
      {R"({"key":"k1","command":"close","incident":"INC-0-1"})", "actor: \"actor\" is missing"},
      {with(R"("command":"close")"), "incident: close needs \"incident\""},
      {with(R"("command":"close","incident":"INC-0-1","asignee":"bert")"), "asignee: close has no key \"asignee\""},
      {with(R"("command":"assign","incident":"INC-0-1","asignee":"bert")"),
       "asignee: assign has no key \"asignee\"; did you mean \"assignee\"?"},
      {with(R"("command":"assign","incident":"INC-0-1")"), "assignee: one of assignee and team is needed"},
      {with(R"("command":"close","incident":"PRB-0-1")"),
       "incident: incident \"PRB-0-1\" is no id of an incident; they look like INC-0-17"},
      {with(R"("command":"close","incident":"INC-0-")"), "incident: incident \"INC-0-\" is no id"},
      {with(R"("command":"close","incident":"INC-0-+1")"), "incident: incident \"INC-0-+1\" is no id"},
      {with(R"("command":"close","incident":"INC-0-1x")"), "incident: incident \"INC-0-1x\" is no id"},
      {with(R"("command":"comment","incident":"INC-0-1","text":")" + long_text + "\""),
       "text: text is 16385 bytes, the bound is 16384"},
      {with(R"("command":"split","incident":"INC-0-1","alerts":[])"), "alerts: alerts is empty"},
      {with(R"("command":"split","incident":"INC-0-1","alerts":["xyz"])"), "alerts: alerts: \"xyz\" is no fingerprint"},
      {with(R"("command":"silence","matchers":"a=b","duration":"1h")"), "matchers: matchers is not a list"},
      {with(R"("command":"silence","matchers":[1],"duration":"1h")"), "matchers: matchers is not a string"},
      {with(R"("command":"silence","duration":"1h","matchers":[")" + long_matcher + R"(",")" + long_matcher + R"(",")" +
            long_matcher + R"(",")" + long_matcher + R"("])"),
       "matchers: matchers have 16388 bytes together, the bound is 16384"},
      {with(R"("command":"silence","matchers":["a=\"b\""])"), "endsAt: one of endsAt and duration is needed"},
      {with(R"("command":"silence","matchers":["a=\"b\""],"duration":"1h","endsAt":"2026-03-03T00:00:00Z")"),
       "duration: one of endsAt and duration is needed, and not both"},
      {with(R"("command":"silence","matchers":["a=\"b\""],"duration":"soon")"), "duration: duration \"soon\""},
      {with(R"("command":"silence","matchers":["a=\"b\""],"duration":"0")"), "duration: duration 0 is not more than 0"},
      {with(R"("command":"silence","matchers":["a=\"b\""],"duration":"90y")"), "duration: duration 90y"},
      {with(R"("command":"silence","matchers":["a=\"b\""],"endsAt":"tomorrow")"), "endsAt: endsAt \"tomorrow\""},
      {with(R"("command":"silence","matchers":["a=\"b\""],"endsAt":null)"), "endsAt: endsAt is null"},
      {with(R"("command":"change","id":"CHG-1","service":"web")"), "implementedAt: change needs \"implementedAt\""},
      {with(R"("command":"skip","position":0,"reason":"x")"), "position: position is not a whole number above 0"},
      {with(R"("command":"skip","position":1.5,"reason":"x")"), "position: position is not a whole number above 0"},
  }));
  CAPTURE(text.substr(0, 200));
  CHECK_THAT(again(text), Catch::Matchers::StartsWith(message));
}

}  // namespace
}  // namespace triaged::wire

#include "connectors/wire/change_decoder.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "connectors/wire/rfc3339.hpp"

namespace triaged::wire {
namespace {

TEST_CASE("changes are read line by line", "[wire]") {
  std::vector<DecodedChange> changes;
  std::vector<Rejection> rejections;
  decode_changes(
      "\xEF\xBB\xBF"
      R"({"id":"CHG1","service":"web","kind":"config","implementedAt":"2026-03-02T00:00:00.000Z"})"
      "\r\n\n"
      R"({"id":"CHG2","service":"db","implementedAt":"2026-03-02T02:00:00+02:00","extra":[1]})",
      changes, rejections);
  CHECK(rejections.empty());
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].id == "CHG1");
  CHECK(changes[0].service == "web");
  CHECK(changes[0].kind == "config");
  CHECK(changes[1].kind.empty());
  CHECK(changes[1].implemented_at == changes[0].implemented_at);
  std::string at;
  append_time(at, changes[0].implemented_at);
  CHECK(at == "2026-03-02T00:00:00.000Z");
}

TEST_CASE("a change that can't be used is rejected alone", "[wire]") {
  const auto [line, reason] = GENERATE(table<std::string, std::string>({
      {"nonsense", "malformed JSON"},
      {"[]", "not a JSON object"},
      {R"({"service":"web","implementedAt":"2026-03-02T00:00:00Z"})", "no id"},
      {R"({"id":"","service":"web","implementedAt":"2026-03-02T00:00:00Z"})", "no id"},
      {R"({"id":"x","implementedAt":"2026-03-02T00:00:00Z"})", "no service"},
      {R"({"id":"x","service":"web"})", "no implementedAt"},
      {R"({"id":"x","service":"web","implementedAt":null})", "no implementedAt"},
      {R"({"id":1,"service":"web","implementedAt":"2026-03-02T00:00:00Z"})", "id is not a string"},
      {R"({"id":"x","service":"web","implementedAt":"yesterday"})", "implementedAt \"yesterday\""},
      {R"({"id":"x","service":"web","implementedAt":"1970-01-01T00:00:00Z"})", "outside 2000 to 2100"},
      {R"({"id":"x","id":"y","service":"web","implementedAt":"2026-03-02T00:00:00Z"})", "\"id\" stands twice"},
      {R"({"id":")" + std::string(1025, 'x') + R"("})", "id is 1025 bytes, the bound is 1024"},
  }));
  CAPTURE(line);
  const std::string good = R"({"id":"CHG1","service":"web","implementedAt":"2026-03-02T00:00:00Z"})";
  std::vector<DecodedChange> changes;
  std::vector<Rejection> rejections;
  decode_changes(good + "\n" + line + "\n" + good + "\n", changes, rejections);
  CHECK(changes.size() == 2);
  REQUIRE(rejections.size() == 1);
  CHECK(rejections[0].line == 2);
  CHECK_THAT(rejections[0].reason, Catch::Matchers::Contains(reason));
}

}  // namespace
}  // namespace triaged::wire

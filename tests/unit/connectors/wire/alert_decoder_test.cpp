#include "connectors/wire/alert_decoder.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "connectors/wire/rfc3339.hpp"

namespace triaged::wire {
namespace {

AlertBatch decode(std::string_view document, AlertLimits limits = {}) {
  AlertBatch batch;
  AlertDecoder(limits).decode(document, 1, batch);
  return batch;
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  while (times-- > 0) out.append(text);
  return out;
}

/// An alert with `count` labels l0, l1, …
std::string with_labels(std::size_t count) {
  std::string out = R"({"labels":{)";
  for (std::size_t i = 0; i < count; ++i) out += (i == 0 ? "\"l" : ",\"l") + std::to_string(i) + "\":\"v\"";
  return out + "}}";
}

std::string canonical(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
  std::string out;
  for (const auto& [name, value] : pairs) out.append(name).append("\xFF").append(value).append("\xFF");
  return out;
}

std::string shown(const std::optional<Time>& time) {
  if (!time) return "unset";
  std::string out;
  append_time(out, *time);
  return out;
}

TEST_CASE("labels are in order, whatever the order in the alert before", "[wire]") {
  AlertDecoder decoder;
  AlertBatch batch;
  for (const std::string_view pairs : {R"("b":"1","a":"2","c":"3")", R"("b":"1","a":"2","c":"3")",
                                       R"("a":"2","b":"1","c":"3")", R"("c":"3","b":"1","a":"2")"}) {
    const std::string set = "{" + std::string(pairs) + "}";
    batch.clear();
    // The second has none, which must not upset the third.
    for (const std::string& annotations : {",\"annotations\":" + set, std::string(), ",\"annotations\":" + set}) {
      decoder.decode("{\"labels\":" + set + annotations + "}", 1, batch);
    }
    REQUIRE(batch.entries.size() == 3);
    const std::string sorted = canonical({{"a", "2"}, {"b", "1"}, {"c", "3"}});
    for (const auto& entry : batch.entries) CHECK(batch.labels(entry).bytes() == sorted);
    CHECK(batch.annotations(batch.entries[0]).bytes() == sorted);
    CHECK(batch.annotations(batch.entries[1]).empty());
    CHECK(batch.annotations(batch.entries[2]).bytes() == sorted);
  }
  decoder.decode(R"({"labels":{"b":"1","c":"2","b":"3"}})", 1, batch);
  REQUIRE(batch.rejections.size() == 1);
  CHECK(batch.rejections[0].code == "duplicate_key");
}

TEST_CASE("an alert with all its fields", "[wire]") {
  const auto batch = decode(R"({
    "labels": {"service": "web", "alertname": "HostDown", "empty": "", "zone": "\u00e4\n\ud83d\ude00"},
    "annotations": {"summary": "web is down", "description": "", "a": "b"},
    "startsAt": "2026-03-02T02:00:09.845999+02:00", "endsAt": "2026-03-02T00:05:00Z", "receivedAt": "2026-03-02T00:00:10Z",
    "generatorURL": "http://x", "status": {"state": "active", "silencedBy": [], "depth": [[[{}]]]}, "n": [1, -2.5e3, true]})");
  REQUIRE(batch.rejections.empty());
  REQUIRE(batch.entries.size() == 1);
  const auto& entry = batch.entries[0];
  CHECK(batch.labels(entry).bytes() == canonical({{"alertname", "HostDown"}, {"service", "web"}, {"zone", "ä\n😀"}}));
  CHECK(batch.annotations(entry).bytes() == canonical({{"a", "b"}, {"summary", "web is down"}}));
  CHECK(shown(entry.starts_at) == "2026-03-02T00:00:09.845Z");
  CHECK(shown(entry.ends_at) == "2026-03-02T00:05:00.000Z");
  CHECK(shown(entry.received_at) == "2026-03-02T00:00:10.000Z");
  CHECK(entry.line == 1);
}

TEST_CASE("what is no fault", "[wire]") {
  const auto [document, alerts] = GENERATE(table<std::string, std::size_t>({
      {"", 0},
      {" \r\n\t\n", 0},
      {"\xEF\xBB\xBF", 0},
      {"[]", 0},
      {R"({"alerts":[]})", 0},
      {"\xEF\xBB\xBF{\"labels\":{\"a\":\"b\"}}\r\n", 1},
      {R"({"labels":{"a":"b"},"annotations":null})", 1},
      {R"({"labels":{"a":"b"},"annotations":{}})", 1},
      {R"({"labels":{"a":"b"},"annotations":{"c":""}})", 1},
      {R"({"labels":{"a":"b"},"startsAt":null,"endsAt":null,"receivedAt":null})", 1},
      {R"({"labels":{"a":"b"},"startsAt":"0001-01-01T00:00:00Z","endsAt":"0001-01-01T02:00:00.000+02:00"})", 1},
      {R"({"labels":{"a":"b"},"startsAt":"2026-01-01T00:00:00Z","endsAt":"0001-01-01T00:00:00Z"})", 1},
      {R"({"labels":{"a":"b"},"startsAt":"2026-01-01T00:00:00Z","endsAt":"2026-01-01T00:00:00Z"})", 1},
      {R"({"labels":{"a":"b"},"startsAt":"2000-01-01T00:00:00Z","endsAt":"2099-12-31T23:59:59.999Z"})", 1},
      {R"({"labels":{"a":"b"},"alerts":[1]})", 1},
      {R"({"labels":{"a":"b"},"unknown":{"k":null}})", 1},
      {R"({"labels":{"a\u0001":"\"\\\/\b\f\n\r\t"}})", 1},
      {with_labels(64), 1},
      {R"({"labels":{")" + repeat("n", 1024) + R"(":")" + repeat("v", 1024) + R"("}})", 1},
      {R"({"labels":{"a":"b"},"x":)" + repeat("[", 31) + repeat("]", 31) + "}", 1},
      {R"({"labels":{"a":"b"},"x":")" + repeat("x", 256 * 1024 - 27) + "\"}", 1},
      {R"({"labels":{"a":"b"},"x":")" + repeat("x", 256 * 1024 - 27) + "\"}\r\n", 1},
      {R"([{"labels":{"a":"b"}},{"labels":{"a":"c"}}])", 2},
      {R"({"version":"4","groupLabels":{"a":"b"},"alerts":[{"status":"firing","labels":{"a":"b"}},{"labels":{"a":"c"}}]})",
       2},
  }));
  CAPTURE(document.substr(0, 200));
  const auto batch = decode(document);
  CHECK(batch.entries.size() == alerts);
  CHECK(batch.rejections.empty());
}

struct Bad {
  std::string document;
  std::string code;
  std::string reason;  // a part of it
};

void check_rejected(const Bad& bad) {
  CAPTURE(bad.document.substr(0, 200), bad.reason);
  const auto batch = decode(bad.document);
  CHECK(batch.entries.empty());
  CHECK(batch.arena.empty());
  REQUIRE(batch.rejections.size() == 1);
  CHECK(batch.rejections[0].line == 1);
  CHECK(batch.rejections[0].code == bad.code);
  CHECK_THAT(batch.rejections[0].reason, Catch::Matchers::Contains(bad.reason));
}

TEST_CASE("documents that are not JSON", "[wire]") {
  const std::string good = R"({"labels":{"a":"b"}})";
  check_rejected(GENERATE_COPY(values<Bad>({
      {"{", "malformed_json", "torn at byte 2"},
      {"nonsense", "malformed_json", "at byte 1: expected a value"},
      {good + good, "malformed_json", "at byte 21: text behind the end"},
      {good + ",", "malformed_json", "text behind the end"},
      {good + "x", "malformed_json", "text behind the end"},
      {R"({"labels":{"a":"b")", "malformed_json", "torn"},
      {R"({"labels":{"a":"b)", "malformed_json", "at byte 18: ends inside a string"},
      {R"({"labels":{"a":"b"},})", "malformed_json", "expected a key"},
      {R"({"labels":{"a" "b"}})", "malformed_json", "expected ':'"},
      {R"({"labels":{"a":"b"} "x":1})", "malformed_json", "expected ','"},
      {R"({"labels":{"a":"b"},"x":[1,]})", "malformed_json", "expected a value"},
      {R"({"labels":{"a":"b"},"x":[1}})", "malformed_json", "'}' closes an array"},
      {R"({"labels":{"a":"b"},"x":01})", "malformed_json", "at byte 25"},
      {R"({"labels":{"a":"b"},"x":1.})", "malformed_json", "expected a value"},
      {R"({"labels":{"a":"b"},"x":+1})", "malformed_json", "expected a value"},
      {R"({"labels":{"a":"b"},"x":NaN})", "malformed_json", "expected a value"},
      {R"({"labels":{"a":"b"},"x":nul})", "malformed_json", "expected a value"},
      {R"({"labels":{"a":"b"},"x":truex})", "malformed_json", "byte 29"},
      {R"({"labels":{"a":"b"},"x":1e999})", "malformed_json", "a number is out of range"},
      {R"({"labels":{"a":"b"},x:1})", "malformed_json", "expected a key"},
      {R"({"labels":{'a':'b'}})", "malformed_json", "expected a key"},
      {R"({"labels":{"a":"\x"}})", "malformed_json", "bad escape"},
      {R"({"labels":{"a":"\u12g4"}})", "malformed_json", "bad escape"},
      {"{\"labels\":{\"a\":\"b\tc\"}}", "malformed_json", "control character"},
      {R"([{"labels":{"a":"b"}},{"labels":)", "malformed_json", "torn"},
      {R"({"alerts":[{"labels":{"a":"b"}}])", "malformed_json", "torn"},
      {std::string("{\"labels\":{\"a\":\"b\0\"}}", 21), "nul", "NUL at byte 18"},
      {std::string("{\"labels\":{\"a\":\"b\"}}\0", 21), "nul", "NUL at byte 21"},
      {R"({"labels":{"a":"\u0000"}})", "nul", "NUL in a string at byte 17"},
      {R"({"labels":{"a":"b"},"x":["\\\u0000"]})", "nul", "NUL in a string"},
      {"{\"labels\":{\"a\":\"\xFF\"}}", "utf8", "UTF-8"},
      {"{\"labels\":{\"a\":\"\xC0\x80\"}}", "utf8", "UTF-8"},
      {"{\"labels\":{\"a\":\"\xED\xA0\x80\"}}", "utf8", "UTF-8"},
      {"{\"labels\":{\"a\":\"\xE4\"}}", "utf8", "UTF-8"},
      {R"({"labels":{"a":"\ud800"}})", "utf8", "half a surrogate pair at byte 17"},
      {R"({"labels":{"a":"\udc00"}})", "utf8", "half a surrogate pair"},
      {R"({"labels":{"a":"\ud800\ud800"}})", "utf8", "half a surrogate pair"},
      {R"({"labels":{"a":"b"},"\udfff":1})", "utf8", "half a surrogate pair"},
  })));
}

TEST_CASE("alerts beyond a bound", "[wire]") {
  check_rejected(GENERATE(values<Bad>({
      {with_labels(65), "labels", "65 labels, the bound is 64"},
      {R"({"labels":{")" + repeat("n", 1025) + R"(":"v"}})", "too_large", "is 1025 bytes, the bound is 1024"},
      {R"({"labels":{"n":")" + repeat("v", 1025) + R"("}})", "too_large", "the value of label \"n\" is 1025 bytes"},
      {R"({"labels":{"a":"b"},"x":")" + repeat("x", 256 * 1024 - 26) + "\"}", "too_large",
       "the alert is 262145 bytes, the bound is 262144"},
      {R"({"labels":{"a":"b"},"x":)" + repeat("[", 32) + repeat("]", 32) + "}", "depth", "nested deeper than 32"},
      {R"({"labels":{"a":"b"},"x":)" + repeat(R"({"x":)", 32) + "1" + repeat("}", 33), "depth",
       "nested deeper than 32"},
      {repeat("[", 2000) + repeat("]", 2000), "depth", "nested deeper"},
      {R"({"labels":{"a":"b"},"x":)" + repeat("[", 1023) + repeat("]", 1023) + "}", "depth", "nested deeper"},
      {R"({"labels":{"a":"b"},"x":)" + repeat("[", 100000), "depth", "nested deeper"},
  })));
}

TEST_CASE("alerts that say something impossible", "[wire]") {
  check_rejected(GENERATE(values<Bad>({
      {"1", "malformed_json", "not a JSON object"},
      {"null", "malformed_json", "not a JSON object"},
      {"\"text\"", "malformed_json", "not a JSON object"},
      {"{}", "labels", "no labels"},
      {R"({"annotations":{"a":"b"}})", "labels", "no labels"},
      {R"({"alerts":{}})", "labels", "no labels"},
      {R"({"labels":{}})", "labels", "no labels"},
      {R"({"labels":{"a":""}})", "labels", "no labels"},
      {R"({"labels":null})", "labels", "labels is not an object"},
      {R"({"labels":["a"]})", "labels", "labels is not an object"},
      {R"({"labels":"a"})", "labels", "labels is not an object"},
      {R"({"labels":{"a":1}})", "labels", "label \"a\" is not a string"},
      {R"({"labels":{"a":null}})", "labels", "label \"a\" is not a string"},
      {R"({"labels":{"a\n":{}}})", "labels", "label \"a?\" is not a string"},
      {R"({"labels":{"":"b"}})", "labels", "a label without a name"},
      {R"({"labels":{"a":"b"},"annotations":{"a":1}})", "annotations", "annotation \"a\" is not a string"},
      {R"({"labels":{"a":"b"},"annotations":{"":"b"}})", "annotations", "an annotation without a name"},
      {R"({"labels":{"a":"b"},"annotations":[]})", "annotations", "annotations is not an object"},
      {R"({"labels":{"a":"b"},"labels":{"a":"b"}})", "duplicate_key", "key \"labels\" stands twice"},
      {R"({"labels":{"a":"b"},"startsAt":null,"startsAt":null})", "duplicate_key", "\"startsAt\""},
      {R"({"labels":{"a":"b"},"x":1,"y":2,"x":3})", "duplicate_key", "\"x\""},
      {R"({"labels":{"a":"b","c":"d","a":"b"}})", "duplicate_key", "\"a\""},
      {R"({"labels":{"a":"b","c":"d","\u0061":""}})", "duplicate_key", "\"a\""},
      {R"({"labels":{"a":"b"},"annotations":{"a":"b","a":""}})", "duplicate_key", "\"a\""},
      {R"({"labels":{"a":"b"},"x":[{"k":1,"k":1}]})", "duplicate_key", "\"k\""},
      {R"({"labels":{"a":"b"},"startsAt":""})", "time", "startsAt \"\" is not an RFC 3339 time"},
      {R"({"labels":{"a":"b"},"startsAt":1767225600})", "time", "startsAt is not a string"},
      {R"({"labels":{"a":"b"},"endsAt":"tomorrow"})", "time", "endsAt \"tomorrow\""},
      {R"({"labels":{"a":"b"},"startsAt":"1999-12-31T23:59:59.999Z"})", "time", "outside 2000 to 2100"},
      {R"({"labels":{"a":"b"},"startsAt":"2100-01-01T00:00:00Z"})", "time", "outside 2000 to 2100"},
      {R"({"labels":{"a":"b"},"startsAt":"0001-01-01T00:00:01Z"})", "time", "outside 2000 to 2100"},
      {R"({"labels":{"a":"b"},"receivedAt":"0001-01-01T00:00:00Z"})", "time", "outside 2000 to 2100"},
      {R"({"labels":{"a":"b"},"startsAt":"2026-01-01T00:00:00Z","endsAt":"2025-12-31T23:59:59.999Z"})", "time",
       "endsAt 2025-12-31T23:59:59.999Z is before startsAt 2026-01-01T00:00:00.000Z"},
      {R"({"alerts":[{"labels":{"a":"b"}}],"alerts":[]})", "duplicate_key", "\"alerts\""},
      {R"({"alerts":[{"labels":{"a":"b"}}],"x":1,"x":2})", "duplicate_key", "\"x\""},
      {R"({"alerts":[{"labels":{"a":"b"}}],"x":"\u0000"})", "nul", "NUL"},
  })));
}

TEST_CASE("a bad element rejects itself alone, with its own line", "[wire]") {
  const std::string elements =
      "[\n{\"labels\":{\"a\":\"1\"}},\n{\"labels\":{}},\n "
      "7,\n{\"labels\":{\"a\":\"\\u0000\"}},\n{\"labels\":{\"a\":\"b\"},\"x\":1e999},\n"
      "{\"labels\":{\"a\":\"b\"},\"x\":" +
      repeat("[", 40) + repeat("]", 40) + "},\n{\"labels\":{\"a\":\"b\"},\"x\":\"" + repeat("x", 300000) +
      "\"},\n[],\n{\"labels\":{\"a\":\"2\"}}\n]";
  const std::string document = GENERATE_COPY(values<std::string>({
      elements,
      R"({"version":"4","status":"firing","alerts":)" + elements + R"(,"truncatedAlerts":0})",
  }));
  AlertBatch batch;
  AlertDecoder().decode(document, 11, batch);
  std::vector<std::pair<std::uint64_t, std::string>> rejected;
  for (const auto& rejection : batch.rejections) rejected.emplace_back(rejection.line, rejection.code);
  CHECK(rejected == std::vector<std::pair<std::uint64_t, std::string>>{{13, "labels"},
                                                                       {14, "malformed_json"},
                                                                       {15, "nul"},
                                                                       {16, "malformed_json"},
                                                                       {17, "depth"},
                                                                       {18, "too_large"},
                                                                       {19, "malformed_json"}});
  CHECK_THAT(batch.rejections[0].reason, Catch::Matchers::StartsWith("alert 2 of 9: no labels"));
  REQUIRE(batch.entries.size() == 2);
  CHECK(batch.entries[0].line == 12);
  CHECK(batch.labels(batch.entries[0]).get("a") == "1");
  CHECK(batch.entries[1].line == 20);
  CHECK(batch.labels(batch.entries[1]).get("a") == "2");
}

TEST_CASE("bounds are the caller's", "[wire]") {
  const AlertLimits limits{.bytes = 40, .labels = 1, .label_bytes = 3, .depth = 2, .document_bytes = 100};
  CHECK(decode(R"({"labels":{"abc":"def"}})", limits).entries.size() == 1);
  CHECK(decode(R"({"labels":{"abc":"defg"}})", limits).entries.empty());
  CHECK(decode(R"({"labels":{"a":"b","c":"d"}})", limits).entries.empty());
  CHECK(decode(R"({"labels":{"a":"b"},"x":[[]]})", limits).entries.empty());
  CHECK(decode("[" + repeat(R"({"labels":{"a":"b"}},)", 3) + R"({"labels":{"a":"b"}}])", limits).entries.size() == 4);
  CHECK(decode("[" + repeat(R"({"labels":{"a":"b"}},)", 5) + R"({"labels":{"a":"b"}}])", limits).entries.empty());
}

TEST_CASE("a decoder goes on after a rejection, and appends", "[wire]") {
  AlertDecoder decoder;
  AlertBatch batch;
  decoder.decode(R"({"labels":{"a":"1"},"annotations":{"x":"y"}})", 1, batch);
  decoder.decode(R"({"labels":{"a":"2"},"annotations":{"x":1}})", 2, batch);
  decoder.decode("{", 3, batch);
  decoder.decode(R"({"labels":{"a":"4"}})", 4, batch);
  REQUIRE(batch.entries.size() == 2);
  CHECK(batch.rejections.size() == 2);
  CHECK(batch.labels(batch.entries[0]).get("a") == "1");
  CHECK(batch.annotations(batch.entries[0]).get("x") == "y");
  CHECK(batch.labels(batch.entries[1]).get("a") == "4");
  CHECK(batch.annotations(batch.entries[1]).empty());
}

}  // namespace
}  // namespace triaged::wire

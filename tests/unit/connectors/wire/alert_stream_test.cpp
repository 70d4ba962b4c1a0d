#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "connectors/wire/alert_decoder.hpp"

namespace triaged::wire {
namespace {

/// What came of a stream: "LINE:a" for an alert with the label a, "LINE!code" for a rejection.
std::vector<std::string> read(std::string_view text, std::size_t chunk, AlertLimits limits = {}) {
  AlertStream stream(limits);
  std::vector<std::string> out;
  AlertBatch batch;
  const auto take = [&] {
    // Each of the two lists is in order of lines; together they are told by line.
    auto rejection = batch.rejections.begin();
    for (const auto& entry : batch.entries) {
      for (; rejection != batch.rejections.end() && rejection->line <= entry.line; ++rejection) {
        out.push_back(std::to_string(rejection->line) + "!" + rejection->code);
      }
      out.push_back(std::to_string(entry.line) + ":" + std::string(batch.labels(entry).get("a")));
    }
    for (; rejection != batch.rejections.end(); ++rejection) {
      out.push_back(std::to_string(rejection->line) + "!" + rejection->code);
    }
    batch.clear();
  };
  for (std::size_t at = 0; at < text.size(); at += chunk) {
    stream.feed(text.substr(at, chunk), batch);
    take();
  }
  stream.finish(batch);
  take();
  return out;
}

using Lines = std::vector<std::string>;

struct Case {
  const char* name;
  std::string text;
  Lines expected;
};

std::string alert(std::string_view a) { return R"({"labels":{"a":")" + std::string(a) + R"("}})"; }

const std::string kPretty = "{\n  \"labels\": {\n    \"a\": \"1\"\n  }\n}\n";

TEST_CASE("documents are found whatever the chunks", "[wire]") {
  const std::string a = alert("1");
  const std::string b = alert("2");
  const std::string c = alert("3");
  const Case test = GENERATE_COPY(values<Case>({
      {"empty", "", {}},
      {"blank", "\n \r\n\t\n", {}},
      {"byte order mark alone", "\xEF\xBB\xBF", {}},
      {"lines", a + "\n" + b + "\n" + c + "\n", {"1:1", "2:2", "3:3"}},
      {"no final newline", a + "\n" + b, {"1:1", "2:2"}},
      {"CRLF", a + "\r\n" + b + "\r\n", {"1:1", "2:2"}},
      {"byte order mark", "\xEF\xBB\xBF" + a + "\n" + b + "\n", {"1:1", "2:2"}},
      {"byte order mark before a document over lines", "\xEF\xBB\xBF" + kPretty, {"1:1"}},
      {"blank lines", "\n\n" + a + "\n\r\n  \n" + b + "\n\n", {"3:1", "6:2"}},
      {"a bad line", a + "\nnonsense\n" + c + "\n", {"1:1", "2!malformed_json", "3:3"}},
      {"a torn last line", a + "\n" + b.substr(0, 15), {"1:1", "2!malformed_json"}},
      {"a torn line that could go on", a + "\n{\n" + c + "\n", {"1:1", "2!malformed_json", "3:3"}},
      {"arrays as lines", "[" + a + "," + b + "]\n[]\n" + c + "\n", {"1:1", "1:2", "3:3"}},
      {"a webhook body as a line", R"({"alerts":[)" + a + "," + b + "]}\n" + c + "\n", {"1:1", "1:2", "2:3"}},
      {"an array over lines", "[\n" + a + ",\n" + b + "\n]\n", {"2:1", "3:2"}},
      {"an array with a bad element", "[\n" + a + ",\n{},\n" + b + "\n]", {"2:1", "3!labels", "4:2"}},
      {"a webhook body over lines", "{\"version\":\"4\",\n\"alerts\":[\n" + a + ",\n" + b + "]}\n", {"3:1", "4:2"}},
      {"an alert over lines", "\n" + kPretty, {"2:1"}},
      {"several alerts over lines", kPretty + kPretty + "\n" + kPretty, {"1:1", "6:1", "12:1"}},
      {"an alert over lines, then lines", kPretty + b + "\n" + c + "\n", {"1:1", "6:2", "7:3"}},
      {"first line broken", "nonsense\n" + b + "\n" + c, {"1!malformed_json", "2:2", "3:3"}},
      {"first line torn inside a string", a.substr(0, 14) + "\n" + b + "\n" + c, {"1!malformed_json", "2:2", "3:3"}},
      {"first line torn behind a comma",
       R"({"labels":{"a":"1"},)"
       "\n" +
           b + "\n" + c,
       {"1!malformed_json", "2:2", "3:3"}},
      {"first line torn behind a colon", "{\"labels\":\n" + b + "\n" + c, {"1!malformed_json", "2:2", "3:3"}},
      {"first line torn, one more", "{\"labels\":\n" + b, {"1!malformed_json", "2:2"}},
      {"first two lines torn",
       "{\"labels\":{\"x\":\"y\"},\n{\"labels\n" + b + "\n" + c,
       {"1!malformed_json", "2!malformed_json", "3:2", "4:3"}},
      {"first line a tail", "b\"}}\n" + b + "\n", {"1!malformed_json", "2:2"}},
      {"first line torn, alone", "{\"labels\":{", {"1!malformed_json"}},
      {"an array torn at its end", "[\n" + a + ",\n" + b + ",\n" + c.substr(0, 5), {"1!malformed_json"}},
      {"an array without its end", "[\n" + a + ",\n" + b + "\n", {"1!malformed_json"}},
      {"an alert over lines, torn", kPretty.substr(0, 30), {"1!malformed_json"}},
      {"an alert over lines, broken", "{\n\"labels\": {\n\"a\" \"1\"\n}\n}\n", {"1!malformed_json"}},
      {"an array with broken syntax", "[\n" + a + "\n" + b + ",\n" + c + ",\n" + c + "\n]\n", {"1!malformed_json"}},
      {"brackets that nest without end", std::string(5000, '['), {"1!depth"}},
      {"brackets that nest over lines", "[\n[\n[\n", {"1!malformed_json"}},
      {"a NUL", a + "\n" + std::string(1, '\0') + "\n" + b, {"1:1", "2!nul", "3:2"}},
  }));
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{64},
                                  std::size_t{100}, std::size_t{100000}}) {
    CAPTURE(test.name, chunk);
    CHECK(read(test.text, chunk) == test.expected);
  }
}

TEST_CASE("what a stream keeps is bounded", "[wire]") {
  const AlertLimits limits{.bytes = 1000, .document_bytes = 200};
  const std::string spaces(300, ' ');
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{50}, std::size_t{1000}}) {
    CAPTURE(chunk);
    // A line that is too long is skipped; the line behind it is good.
    CHECK(read("{}\n[" + spaces + "1\n" + alert("1") + "\n", chunk, limits) == Lines{"1!labels", "2!too_large", "3:1"});
    CHECK(read("{}\n" + std::string(300, '['), chunk, limits) == Lines{"1!labels", "2!too_large"});
    // A document over lines that is too large is skipped as a whole, to its end.
    CHECK(read("[\n" + spaces.substr(150) + "\n" + spaces.substr(150) + "\n]\n" + kPretty, chunk, limits) ==
          Lines{"1!too_large", "5:1"});
  }
}

TEST_CASE("a line that lies in a chunk is the same as one that is copied", "[wire]") {
  // What stands behind a line in the chunk must not change what the line means.
  const std::string bad = R"({"labels":{"a":"1"})";
  for (const std::string behind : {"}", "\"}}", "]}", "}}}}", "null}"}) {
    const std::string text = "{}\n" + bad + "\n" + behind + std::string(100, ' ') + "\n";
    CHECK(read(text, 1000) == Lines{"1!labels", "2!malformed_json", "3!malformed_json"});
  }
}

}  // namespace
}  // namespace triaged::wire

#include "connectors/wire/alert/alert_skimmer.hpp"

#include <optional>
#include <string>

#include <catch2/catch.hpp>

namespace triaged::wire {
namespace {

bool skims(const std::string& text) {
  AlertSkimmer skimmer{AlertLimits()};
  AlertBatch batch;
  std::string padded = text;
  padded.append(AlertDecoder::kPadding, '"');
  const bool taken = skimmer.skim(std::string_view(padded).substr(0, text.size()), 1, batch);
  CHECK(batch.entries.size() == (taken ? 1 : 0));
  return taken;
}

#if defined(__SSE2__)
TEST_CASE("what alerts look like needs no DOM", "[wire]") {
  const std::string text = GENERATE(values<std::string>({
      R"({"labels":{"a":"b"}})",
      R"({"labels":{"a":"b","c":""},"annotations":{},"startsAt":"2026-03-02T00:00:09.845Z"})",
      R"({ "annotations": { "x": "y" }, "endsAt": "0001-01-01T00:00:00Z" , "u": "v", "labels" : {"b":"1", "a":"2"} })",
      R"({"labels":{"a":"b"},"description":")" + std::string(10000, 'x') + R"("})",
  }));
  CAPTURE(text);
  CHECK(skims(text));
}
#endif

TEST_CASE("what is unusual or wrong is left to the DOM", "[wire]") {
  const std::string text = GENERATE(values<std::string>({
      "{}",
      "{",
      R"({"labels":{"a":"b"})",
      R"({"labels":{"a":"b"}}})",
      R"({"labels":{"a":"b"},})",
      R"({"labels":{"a":"b"}"x":"y"})",
      R"({"labels":{"a":"b"},"x":1})",
      R"({"labels":{"a":"b"},"x":"})",
      R"({"labels":{"a":"\n"}})",
      R"({"labels":{"a":"ä"}})",
      "{\"labels\":{\"a\":\"b\"},\n\"x\":\"y\"}",
      R"({"labels":{"a":"b","a":"c"}})",
      R"({"labels":{"a":"b"},"labels":{"a":"b"}})",
      R"({"labels":{"a":"b"},"x":"y","x":"y"})",
      R"({"labels":{"":"b"}})",
      R"({"labels":{"a":""}})",
      R"({"labels":{}})",
      R"({"annotations":{"a":"b"}})",
      R"({"labels":{"a":"b"},"annotations":{"":"b"}})",
      R"({"labels":{"a":"b"},"annotations":null})",
      R"({"labels":{"a":")" + std::string(1025, 'x') + R"("}})",
      R"({"labels":{"a":"b"},"startsAt":"now"})",
      R"({"labels":{"a":"b"},"receivedAt":"0001-01-01T00:00:00Z"})",
      R"({"labels":{"a":"b"},"startsAt":"2026-01-02T00:00:00Z","endsAt":"2026-01-01T00:00:00Z"})",
  }));
  CAPTURE(text);
  CHECK_FALSE(skims(text));
}

/// How many alerts; nothing: the list was not taken.
std::optional<std::size_t> skims_list(const std::string& text, AlertLimits limits = {}) {
  AlertSkimmer skimmer{limits};
  AlertBatch batch;
  AlertDecoder().decode(R"({"labels":{"be":"fore"}})", 1, batch);
  const std::string before = batch.arena;
  std::string padded = text;
  padded.append(AlertDecoder::kPadding, '"');
  const bool taken = skimmer.skim_list(std::string_view(padded).substr(0, text.size()), 1, batch);
  CHECK(batch.arena.starts_with(before));
  if (taken) return batch.entries.size() - 1;
  CHECK(batch.arena == before);
  CHECK(batch.entries.size() == 1);
  return std::nullopt;
}

#if defined(__SSE2__)
TEST_CASE("lists of alerts need no DOM either", "[wire]") {
  CHECK(skims_list("[]") == 0);
  CHECK(skims_list("[ ]") == 0);
  CHECK(skims_list(R"([{"labels":{"a":"b"}}])") == 1);
  CHECK(skims_list(R"([ {"labels":{"a":"]"}} , {"labels":{"c":"}"},"startsAt":"2026-03-02T00:00:09.845Z"} ])") == 2);
  std::string many = R"([{"labels":{"a":"b"}})";
  for (int i = 1; i < 3000; ++i) many += R"(,{"labels":{"a":"b","number":")" + std::to_string(i) + R"("}})";
  CHECK(skims_list(many + "]") == 3000);
}
#endif

TEST_CASE("a list that is unusual or wrong anywhere is not skimmed at all", "[wire]") {
  const std::string text = GENERATE(values<std::string>({
      "[",
      "[[]]",
      "[] ]",
      "[,]",
      R"([{"labels":{"a":"b"}},])",
      R"([{"labels":{"a":"b"}} {"labels":{"a":"b"}}])",
      R"([{"labels":{"a":"b"}},{"labels":{}}])",
      R"([{"labels":{"a":"b"}},{"labels":{"a":"b"}])",
      R"([{"labels":{"a":"b"}}}])",
      R"([{"labels":{"a":"b"}},"x"])",
      R"([{"labels":{"a":"b"}}]"])",
      "[{\"labels\":{\"a\":\"b\"}},\n{\"labels\":{\"a\":\"b\"}}]",
  }));
  CAPTURE(text);
  CHECK_FALSE(skims_list(text));
}

#if defined(__SSE2__)
TEST_CASE("an alert of a list that is too large is not skimmed", "[wire]") {
  const std::string small = R"({"labels":{"a":"b"}})";
  const std::string large = R"({"labels":{"a":"b"},"x":")" + std::string(100, 'x') + R"("})";
  const AlertLimits limits{.bytes = 100};
  CHECK(skims_list("[" + small + "," + small + "," + small + "," + small + "," + small + "]", limits) == 5);
  CHECK_FALSE(skims_list("[" + small + "," + large + "]", limits));
}
#endif

}  // namespace
}  // namespace triaged::wire

#include <algorithm>
#include <fstream>

#include <catch2/catch.hpp>

#include "connectors/wire/alert_decoder.hpp"
#include "daemon/pipeline/shard/effect_outputs.hpp"

namespace triaged::pipeline {
namespace {

/// One that each bound and each rule refuses.
std::vector<std::string> refused() {
  const std::string good = R"({"labels":{"alertname":"a"},"startsAt":"2026-03-02T10:00:00Z"})";
  return {R"({"labels":{}})",
          R"({"labels":{"alertname":"a"},"annotations":7})",
          R"({"labels":{"alertname":"a"},"more":)" + std::string(100, '[') + std::string(100, ']') + "}",
          R"({"labels":{"alertname":"a","alertname":"b"}})",
          "no json",
          R"({"labels":{"alertname":"a\u0000b"}})",
          R"({"labels":{"alertname":"a"},"startsAt":"yesterday"})",
          R"({"labels":{"alertname":")" + std::string(1 << 20, 'x') + "\"}}",
          "{\"labels\":{\"alertname\":\"a\xff\"}}",
          "[" + good + ",{\"labels\":\n7}]"};
}

// Its file is checked against docs/schemas by tests/schema/check.py.
TEST_CASE("rejected documents for the schema check", "[.schema]") {
  wire::AlertDecoder decoder;
  std::vector<log::Output> outputs;
  std::vector<std::string> codes;
  for (const std::string& text : refused()) {
    wire::AlertBatch batch;
    decoder.decode(text, 1, batch);
    CHECK(batch.rejections.size() == 1);
    for (const wire::Rejection& rejection : batch.rejections) codes.push_back(rejection.code);
    const log::Record record{.position = outputs.size() + 1,
                             .log_time = Time{Duration{1'700'000'000'000}},
                             .kind = log::RecordKind::alerts,
                             .source = "prometheus",
                             .payload = {},
                             .skips = 0};
    append_rejections(record, 0, batch.rejections, outputs);
  }
  std::ranges::sort(codes);
  codes.erase(std::ranges::unique(codes).begin(), codes.end());
  // As many as the schema names.
  CHECK(codes == std::vector<std::string>{"annotations", "depth", "duplicate_key", "labels", "malformed_json", "nul",
                                          "time", "too_large", "utf8"});
  std::ofstream file("schema-rejected.ndjson");
  for (const log::Output& output : outputs) file << output.value << '\n';
}

}  // namespace
}  // namespace triaged::pipeline

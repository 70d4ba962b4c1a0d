#include "connectors/log/kafka/record_codec.hpp"

#include <catch2/catch.hpp>

#include "connectors/log/compression.hpp"

namespace triaged::log {
namespace {

constexpr const char* kEvent = "application/cloudevents+json";

TEST_CASE("a message of alerts is a record with its value, a list or lines") {
  const Record list = read_alerts(R"( [{"labels":{}}])", std::nullopt);
  CHECK(list.kind == RecordKind::alerts);
  CHECK(list.payload == R"( [{"labels":{}}])");
  CHECK(read_alerts("{}\n{}", "application/json").kind == RecordKind::lines);
  CHECK(read_alerts("", std::nullopt).kind == RecordKind::lines);
}

TEST_CASE("a tombstone is a record of nothing") {
  CHECK(read_alerts(std::nullopt, kEvent).kind == RecordKind::nothing);
  CHECK(read_control(std::nullopt, {.kind = "bundle", .skips = {}, .encoding = {}}).kind == RecordKind::nothing);
}

TEST_CASE("of a CloudEvent in structured mode the data is taken as it stands") {
  const auto payload = [](std::string_view text, std::string_view type = kEvent) {
    return read_alerts(text, type).payload;
  };
  CHECK(payload(R"({"specversion":"1.0","data": {"b" :1.50, "a":"\u00e4"} ,"id":"1"})") ==
        R"({"b" :1.50, "a":"\u00e4"})");
  const Record list = read_alerts(R"({"data":[ {"labels":{"a":"b"}} ],"id":"1"})", kEvent);
  CHECK(list.payload == R"([ {"labels":{"a":"b"}} ])");
  CHECK(list.kind == RecordKind::alerts);
  CHECK(payload(R"({"data":{"x":1}})", "Application/CloudEvents+JSON; charset=utf-8") == R"({"x":1})");
  CHECK(payload(R"({"data" : 12 })") == "12");
  CHECK(payload(R"({"data_base64":"W3sieCI6MX1d"})") == R"([{"x":1}])");
  CHECK(payload(R"({"data_base64":"eyJ4IjoxMn0="})") == R"({"x":12})");
  CHECK(payload(R"({"d\u0061ta":{"x":1}})") == R"({"x":1})");
}

TEST_CASE("what says that it is a CloudEvent and is none stays as it is, to be rejected") {
  for (const std::string_view text :
       {R"({"id":"1"})", R"([{"data":{}}])", R"({"data":{}, "data":{}})", R"({"data":{},"data_base64":""})",
        R"({"data_base64":"###="})", R"({"data_base64":"abc"})", R"({"data_base64":7})", R"({"data":{"x":1},)",
        R"({"data":{"x":tru}})", "", "\xff"}) {
    INFO(text);
    CHECK(read_alerts(text, kEvent).payload == text);
  }
  const std::string_view event = R"({"data":{}})";
  CHECK(read_alerts(event, "application/json").payload == event);
  CHECK(read_alerts(event, "application/cloudevents-batch+json").payload == event);
}

TEST_CASE("a message of control is what its headers say") {
  const auto kind = [](std::string_view name) {
    return read_control("x", {.kind = name, .skips = "7", .encoding = {}}).kind;
  };
  CHECK(kind("command") == RecordKind::command);
  CHECK(kind("skip") == RecordKind::skip);
  CHECK(kind("bundle") == RecordKind::bundle);
  CHECK(kind("engine_change") == RecordKind::engine_change);
  CHECK(read_control("x", {.kind = "skip", .skips = "7", .encoding = {}}).skips == 7);
  const Record bundle = read_control(compress("rules"), {.kind = "bundle", .skips = {}, .encoding = "zstd"});
  CHECK(bundle.kind == RecordKind::bundle);
  CHECK(bundle.payload == "rules");
  CHECK(bundle.source.empty());
}

TEST_CASE("a message of control that can't be understood is a command with its bytes") {
  const std::string frame = compress("rules");
  const ControlHeaders wrong[] = {{},
                                  {.kind = "alerts", .skips = {}, .encoding = {}},
                                  {.kind = "skip", .skips = {}, .encoding = {}},
                                  {.kind = "skip", .skips = "0", .encoding = {}},
                                  {.kind = "skip", .skips = "-1", .encoding = {}},
                                  {.kind = "skip", .skips = "7x", .encoding = {}},
                                  {.kind = "bundle", .skips = {}, .encoding = "gzip"}};
  for (const ControlHeaders& headers : wrong) {
    const Record record = read_control(frame, headers);
    CHECK(record.kind == RecordKind::command);
    CHECK(record.payload == frame);
    CHECK(record.skips == 0);
  }
  std::string flipped = frame;
  flipped.back() ^= 1;
  CHECK(read_control(flipped, {.kind = "bundle", .skips = {}, .encoding = "zstd"}).kind == RecordKind::command);
}

}  // namespace
}  // namespace triaged::log

#include "daemon/telemetry/line.hpp"

#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

namespace triaged::telemetry {
namespace {

using namespace std::chrono_literals;

constexpr Time kTime{Duration{1'795'428'001'007}};  // 2026-11-23T10:00:01.007Z

std::string logfmt(const Line& line) { return format_line(line, Format::logfmt, kTime); }
std::string json(const Line& line) { return format_line(line, Format::json, kTime); }

TEST_CASE("telemetry: a line in logfmt", "[telemetry]") {
  Line line(Level::warn, "source_truncated", "the file was emptied");
  line.add("source", "export").add("file", "/var/log/a b.ndjson").add("offset", 17U).add("by", -3).add("took_ms", 90s);
  CHECK(logfmt(line) ==
        "time=2026-11-23T10:00:01.007Z level=warn event=source_truncated msg=\"the file was emptied\" source=export "
        "file=\"/var/log/a b.ndjson\" offset=17 by=-3 took_ms=90000\n");
}

TEST_CASE("telemetry: a line in JSON", "[telemetry]") {
  Line line(Level::error, "commit_failed", "no");
  line.add("why", "disk \"a\" is full").add("cut", std::uint64_t{18'446'744'073'709'551'615U}).add("nothing", "");
  CHECK(format_line(line, Format::json, kTime, 12) ==
        "{\"time\":\"2026-11-23T10:00:01.007Z\",\"level\":\"error\",\"event\":\"commit_failed\",\"msg\":\"no\","
        "\"suppressed\":12,\"why\":\"disk \\\"a\\\" is full\",\"cut\":18446744073709551615}\n");
}

TEST_CASE("telemetry: texts do no harm to a terminal or to who reads lines", "[telemetry]") {
  const auto [text, shown] = GENERATE(table<std::string, std::string>({
      {"plain-text_1.0/x", "plain-text_1.0/x"},
      {"a=b", "\"a=b\""},
      {"a\\b", "\"a\\\\b\""},
      {"\"", "\"\\\"\""},
      {"a\nlevel=error", "\"a\\nlevel=error\""},
      {"\r\t\x1b[31m\x7f", "\"\\u000d\\u0009\\u001b[31m\\u007f\""},
      {std::string("a\0b", 3), "\"a\\u0000b\""},
      {"\xC2\x9B[31m", "\"\\u009b[31m\""},
      {"\xE2\x80\xAE", "\"\\u202e\""},
      {"\xE2\x81\xA6", "\"\\u2066\""},
      {"\xE2\x80\xA8", "\"\\u2028\""},
      {"gr\xC3\xBC\xC3\x9F", "\"gr\xC3\xBC\xC3\x9F\""},
      {"\xF0\x9F\x94\xA5", "\"\xF0\x9F\x94\xA5\""},
      {"\xFF", "\"\xEF\xBF\xBD\""},
      {"\xC3", "\"\xEF\xBF\xBD\""},
      {"\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"\xE0\x80\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"\xF4\x90\x80\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
  }));
  CAPTURE(shown);
  CHECK(logfmt(Line(Level::info, "e", "m").add("x", text)).ends_with(" x=" + shown + "\n"));
  const std::string quoted = shown.starts_with('"') ? shown : "\"" + shown + "\"";
  CHECK(json(Line(Level::info, "e", "m").add("x", text)).ends_with(",\"x\":" + quoted + "}\n"));
}

TEST_CASE("telemetry: a long text is cut between characters", "[telemetry]") {
  const std::string text = std::string(kMostFieldBytes - 1, 'a') + "\xC3\xBC";
  CHECK(logfmt(Line(Level::info, "e", "m").add("x", text)).ends_with("a\xE2\x80\xA6\"\n"));
  const std::string fits(kMostFieldBytes, 'a');
  CHECK(logfmt(Line(Level::info, "e", "m").add("x", fits)).ends_with(" x=" + fits + "\n"));
  CHECK(json(Line(Level::info, "e", "m").add("x", fits)).ends_with("\"" + fits + "\"}\n"));
}

TEST_CASE("telemetry: a line fits into what a pipe takes at once", "[telemetry]") {
  Line line(Level::info, "e", "m");
  for (int i = 0; i < 10; ++i) line.add("x", std::string(2000, '\x01'));
  line.add("last", "1");
  for (const Format format : {Format::logfmt, Format::json}) {
    const std::string text = format_line(line, format, kTime);
    CHECK(text.size() <= kMostLineBytes);
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
    CHECK(text.find("last") != std::string::npos);
  }
  CHECK(json(line).ends_with("}\n"));
}

}  // namespace
}  // namespace triaged::telemetry

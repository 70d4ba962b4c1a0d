#include "config/reading/duration.hpp"

#include <catch2/catch.hpp>

namespace triaged::config {
namespace {

using namespace std::chrono_literals;

TEST_CASE("durations: Prometheus's form is read", "[config]") {
  const auto [text, value] = GENERATE(table<std::string, Duration>({
      {"0", 0ms},
      {"0s", 0ms},
      {"5m", 5min},
      {"90s", 90s},
      {"1h30m", 90min},
      {"250ms", 250ms},
      {"1m500ms", 60500ms},
      {"1d", 24h},
      {"1w", 168h},
      {"1y", 24h * 365},
      {"1y2w3d4h5m6s7ms", 24h * (365 + 14 + 3) + 4h + 5min + 6s + 7ms},
      {"007m", 7min},
  }));
  CAPTURE(text);
  const auto duration = parse_duration(text);
  REQUIRE(duration);
  CHECK(*duration == value);
}

TEST_CASE("durations: what is none is refused at its place", "[config]") {
  const auto [text, offset] = GENERATE(table<std::string, std::size_t>({
      {"", 0},
      {"5", 1},
      {"00", 2},
      {"m", 0},
      {"5x", 1},
      {"5 m", 1},
      {" 5m", 0},
      {"5m ", 2},
      {"1.5h", 1},
      {"-5m", 0},
      {"+5m", 0},
      {"1m1h", 2},
      {"1m1m", 2},
      {"1ms1s", 3},
      {"5M", 1},
      {"1h5", 3},
      {"99999999999999999999s", 0},
      {"9999y9999999999999h", 0},
      {"5\xC2\xB5s", 1},
  }));
  CAPTURE(text);
  const auto duration = parse_duration(text);
  REQUIRE_FALSE(duration);
  CHECK(duration.error().offset == offset);
  CHECK_FALSE(duration.error().message.empty());
}

TEST_CASE("durations: what is printed reads back as the same", "[config]") {
  const Duration duration = GENERATE(0ms, 1ms, 999ms, 1s, 90s, 3min, 24h, 24h * 365, 24h * 400 + 1ms);
  const std::string text = format_duration(duration);
  CAPTURE(text);
  const auto read = parse_duration(text);
  REQUIRE(read);
  CHECK(*read == duration);
}

TEST_CASE("durations: the shortest form is printed", "[config]") {
  CHECK(format_duration(90s) == "1m30s");
  CHECK(format_duration(24h) == "1d");
  CHECK(format_duration(0ms) == "0");
}

}  // namespace
}  // namespace triaged::config

#include "daemon/cli/progress_bar.hpp"

#include <catch2/catch.hpp>

#include "daemon/cli/terminal.hpp"

using namespace triaged;
using namespace triaged::cli;

TEST_CASE("progress with a total says percentage, rate and time left") {
  const auto line = progress_line({25'000'000, 100'000'000, 50'000, Duration(2000)}, 200);
  CHECK_THAT(line, Catch::Contains(" 25 %"));
  CHECK_THAT(line, Catch::Contains("25,000 alerts/s"));
  CHECK_THAT(line, Catch::Contains("6 s left"));
}

TEST_CASE("long waits are told in minutes and hours") {
  CHECK_THAT(progress_line({1, 100, 1, Duration(1000)}, 200), Catch::Contains("1 min 39 s left"));
  CHECK_THAT(progress_line({1, 10'000, 1, Duration(1000)}, 200), Catch::Contains("2 h 46 min left"));
}

TEST_CASE("progress without a total says count and rate") {
  const auto line = progress_line({1, std::nullopt, 1'234'567, Duration(1000)}, 200);
  CHECK(line == "1,234,567 alerts  1,234,567 alerts/s");
}

TEST_CASE("progress at the very beginning, past the end and of nothing") {
  CHECK_THAT(progress_line({0, 100, 0, Duration(0)}, 200), Catch::Contains("  0 %  0 alerts/s"));
  CHECK_THAT(progress_line({150, 100, 5, Duration(1)}, 200), Catch::Contains("100 %"));
  CHECK(progress_line({0, 0, 0, Duration(5)}, 200) == "0 alerts  0 alerts/s");
}

TEST_CASE("progress fits a narrow window") {
  CHECK(display_width(progress_line({50, 100, 1000, Duration(10)}, 20)) <= 20);
}

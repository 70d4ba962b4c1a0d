#include "daemon/cli/terminal.hpp"

#include <catch2/catch.hpp>

using namespace triaged::cli;

TEST_CASE("display width counts columns, not bytes") {
  CHECK(display_width("orders-db") == 9);
  CHECK(display_width("→ é") == 3);
  CHECK(display_width("漢字") == 4);
  CHECK(display_width("e\xCC\x81") == 1);         // with a combining accent
  CHECK(display_width("\xF0\x9F\x94\xA5") == 2);  // an emoji
  CHECK(display_width("") == 0);
}

TEST_CASE("text is cut to the columns that there are") {
  CHECK(fit("orders-db", 9) == "orders-db");
  CHECK(fit("orders-db", 8) == "orders-…");
  CHECK(fit("orders-db", 1) == "…");
  CHECK(fit("orders-db", 0).empty());
  CHECK(fit("漢字漢字", 5) == "漢字…");
  CHECK(fit("漢字漢字", 4) == "漢…");
  for (std::size_t columns = 0; columns < 12; ++columns) {
    CHECK(display_width(fit("a漢é→字b", columns)) <= columns);
  }
}

TEST_CASE("text is filled up to a column's width") {
  CHECK(fit_left("P1", 4) == "P1  ");
  CHECK(fit_right("37", 4) == "  37");
  CHECK(fit_left("漢字", 5) == "漢字 ");
  CHECK(fit_right("too long", 4) == "too…");
}

TEST_CASE("nobody's text steers the terminal") {
  CHECK(fit("a\x1b[2Jb", 20) == "a\xEF\xBF\xBD[2Jb");
  CHECK(fit("a\nb\tc", 20) ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD"
        "c");
  CHECK(fit("a\xC2\x9B"
            "b",
            20) ==
        "a\xEF\xBF\xBD"
        "b");  // an 8-bit control
  CHECK(fit("a\xE2\x80\xAE"
            "b",
            20) ==
        "a\xEF\xBF\xBD"
        "b");  // right-to-left override
}

TEST_CASE("broken UTF-8 becomes replacement characters") {
  CHECK(fit("a\xFF"
            "b",
            20) ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(fit("a\xE2\x82", 20) == "a\xEF\xBF\xBD\xEF\xBF\xBD");                // torn
  CHECK(fit("\xC0\xAF", 20) == "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
  CHECK(fit("\xED\xA0\x80", 20) == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
}

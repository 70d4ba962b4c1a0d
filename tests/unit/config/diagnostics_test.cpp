#include "config/diagnostics.hpp"

#include <catch2/catch.hpp>

namespace triaged::config {
namespace {

TEST_CASE("diagnostics: the nearest known word is suggested, and none that is far", "[config]") {
  const std::vector<std::string> known = {"name", "matchers", "timespan", "hold", "hops"};
  CHECK(nearest("timespn", known) == "timespan");
  CHECK(nearest("tiemspan", known) == "timespan");
  CHECK(nearest("Timespan", known) == "timespan");
  CHECK(nearest("timespan", known) == "timespan");
  CHECK(nearest("matcher", known) == "matchers");
  CHECK(nearest("hopps", known) == "hops");
  CHECK(nearest("nmae", known) == "name");
  CHECK(nearest("colour", known).empty());
  CHECK(nearest("x", known).empty());
  CHECK(nearest("", known).empty());
  CHECK(nearest("by", {"to"}).empty());
  CHECK(nearest("name", {}).empty());
}

TEST_CASE("diagnostics: of several words that are as near, the first is suggested", "[config]") {
  CHECK(nearest("cache-c", {"cache-a", "cache-b"}) == "cache-a");
}

TEST_CASE("diagnostics: the caret stands under the character", "[config]") {
  Diagnostic diagnostic;
  diagnostic.file = "rules.yaml";
  diagnostic.line = 3;
  diagnostic.column = 5;
  diagnostic.caret = 5;
  diagnostic.message = "wrong";
  diagnostic.source_line = "\tü: [";
  CHECK(render(diagnostic) == "rules.yaml:3:5: error: wrong\n  \tü: [\n  \t   ^");
  diagnostic.level = Diagnostic::Level::warning;
  diagnostic.source_line.clear();
  CHECK(render(diagnostic) == "rules.yaml:3:5: warning: wrong");
  diagnostic.line = 0;
  CHECK(render(diagnostic) == "rules.yaml: warning: wrong");
}

TEST_CASE("diagnostics: a warning is no error", "[config]") {
  Diagnostic warning;
  warning.level = Diagnostic::Level::warning;
  CHECK_FALSE(has_errors({}));
  CHECK_FALSE(has_errors({warning}));
  CHECK(has_errors({warning, Diagnostic{}}));
}

}  // namespace
}  // namespace triaged::config

#include "rules/enrich/template.hpp"

#include <catch2/catch.hpp>

#include "tests/support/labels.hpp"

using triaged::Template;
using triaged::test::labels;

namespace {

std::optional<std::string> rendered(std::string_view text) {
  const auto parsed = Template::parse(text);
  if (!parsed) FAIL(parsed.error().message);
  return parsed->render(labels({{"service", "api"}, {"le", "{{ $root }}"}}), "db", 17);
}

}  // namespace

TEST_CASE("templates substitute labels, the root and the count") {
  CHECK(rendered("{{ $labels.service }}: {{ $count }} alerts, caused by {{ $root }}") ==
        "api: 17 alerts, caused by db");
  CHECK(rendered("{{$root}}{{$count}}{{$labels.service}}") == "db17api");
  CHECK(rendered("{{   $root\t}}!") == "db!");
  CHECK(rendered("plain } text { $root }}") == "plain } text { $root }}");
  CHECK(rendered("") == "");
}

TEST_CASE("a text with a hole is none") {
  CHECK_FALSE(rendered("<{{ $labels.region }}>").has_value());
  const auto root = Template::parse("behind {{ $root }}");
  REQUIRE(root.has_value());
  CHECK_FALSE(root->render(labels({}), "", 1).has_value());
}

TEST_CASE("what a label holds is not read as a template") { CHECK(rendered("{{ $labels.le }}") == "{{ $root }}"); }

TEST_CASE("faults in a template are refused, with the place") {
  const auto [text, offset] = GENERATE(table<std::string, std::size_t>({
      {"a {{ $root", 2},
      {"a {{ $rood }}", 5},
      {"{{ }}", 2},
      {"{{}}", 2},
      {"{{ $labels. }}", 11},
      {"{{ $labels.a-b }}", 11},
      {"{{ $labels.1a }}", 11},
      {"{{ $labels }}", 3},
      {"{{ if $root }}", 3},
      {"{{ $root | upper }}", 3},
      {"{{ {{ $root }} }}", 3},
  }));
  INFO(text);
  const auto parsed = Template::parse(text);
  REQUIRE_FALSE(parsed.has_value());
  CHECK(parsed.error().offset == offset);
}

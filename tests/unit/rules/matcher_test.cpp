#include "rules/match/matcher.hpp"

#include <string>
#include <tuple>

#include <catch2/catch.hpp>

#include "tests/support/labels.hpp"

using triaged::first_failing;
using triaged::Matcher;
using triaged::Matchers;
using triaged::matches_all;
using triaged::MatchOp;
using triaged::test::labels;

namespace {

Matcher parsed(std::string_view text) {
  auto matcher = Matcher::parse(text);
  INFO(text);
  if (!matcher) FAIL(matcher.error().message);
  return *matcher;
}

bool matches(std::string_view text, std::string_view value) { return parsed(text).matches_value(value); }

}  // namespace

TEST_CASE("matchers are read in Alertmanager's form") {
  const auto [text, name, op, value] = GENERATE(table<const char*, const char*, MatchOp, const char*>({
      {R"(a="b")", "a", MatchOp::equal, "b"},
      {R"(a!="b")", "a", MatchOp::not_equal, "b"},
      {R"(a=~"b|c")", "a", MatchOp::regex, "b|c"},
      {R"(a!~"b.*")", "a", MatchOp::not_regex, "b.*"},
      {R"(  a =  "b"	)", "a", MatchOp::equal, "b"},
      {R"("a b"="c")", "a b", MatchOp::equal, "c"},
      {R"(a="")", "a", MatchOp::equal, ""},
      {R"(a="say \"x\\y\"\n")", "a", MatchOp::equal, "say \"x\\y\"\n"},
      {R"(größe="ä{}=~")", "größe", MatchOp::equal, "ä{}=~"},
      {R"(a.b/c-d="e")", "a.b/c-d", MatchOp::equal, "e"},
  }));
  const auto matcher = parsed(text);
  CHECK(matcher.name() == name);
  CHECK(matcher.op() == op);
  CHECK(matcher.value() == value);
}

TEST_CASE("what is no matcher is refused, with the place") {
  const auto [text, offset] = GENERATE(table<std::string, std::size_t>({
      {"", 0},
      {"a", 1},
      {R"(="b")", 0},
      {R"(""="b")", 0},
      {"a=b", 2},
      {"a='b'", 2},
      {R"(a="b)", 2},
      {R"(a="b\)", 2},
      {R"(a="b" c)", 6},
      {R"(a="b",c="d")", 5},
      {R"(a=="b")", 2},
      {R"(a~"b")", 1},
      {R"(a="\d")", 3},
      {R"({a="b"})", 0},
      {R"(a=~"(")", 3},
      {R"(a=~"a)|(b")", 3},
      {R"(a=~"\\C")", 3},
      {R"(a=~"\\1")", 3},
  }));
  const auto matcher = Matcher::parse(text);
  INFO(text);
  REQUIRE_FALSE(matcher.has_value());
  CHECK(matcher.error().offset == offset);
  CHECK_FALSE(matcher.error().message.empty());
}

TEST_CASE("a regular expression is refused when it is too long or needs too much memory") {
  CHECK(Matcher::make("a", MatchOp::regex, std::string(4096, 'x')).has_value());
  CHECK_FALSE(Matcher::make("a", MatchOp::regex, std::string(4097, 'x')).has_value());
  CHECK_FALSE(Matcher::make("a", MatchOp::regex, "((((x{100}){10}){10}){10})").has_value());
}

TEST_CASE("a matcher's text is read back as the same matcher") {
  for (const std::string name : {"a", "with space", "quo\"te", "back\\slash", "größe"}) {
    for (const std::string value : {"", "b", "a\"b", "a\\\\b", "line\nline", "\ttab"}) {
      for (const auto op : {MatchOp::equal, MatchOp::not_equal, MatchOp::regex, MatchOp::not_regex}) {
        const auto matcher = Matcher::make(name, op, value);
        REQUIRE(matcher.has_value());
        const auto again = parsed(matcher->text());
        CHECK(std::tuple(again.name(), again.op(), again.value()) == std::tuple(name, op, value));
      }
    }
  }
  CHECK(parsed(R"( "a" =~ "b")").text() == R"(a=~"b")");
}

TEST_CASE("equality compares the whole value") {
  CHECK(matches(R"(a="b")", "b"));
  CHECK_FALSE(matches(R"(a="b")", "bb"));
  CHECK_FALSE(matches(R"(a="b")", ""));
  CHECK(matches(R"(a!="b")", ""));
  CHECK_FALSE(matches(R"(a!="b")", "b"));
  CHECK_FALSE(matches(R"(a="b.*")", "bcd"));
}

TEST_CASE("regular expressions are anchored at both ends") {
  CHECK(matches(R"(a=~"b.*d")", "bcd"));
  CHECK_FALSE(matches(R"(a=~"b.*d")", "abcd"));
  CHECK_FALSE(matches(R"(a=~"b.*d")", "bcde"));
  CHECK_FALSE(matches(R"(a=~"b|c.")", "bx"));
  CHECK(matches(R"(a!~"b.*d")", "abcd"));
  CHECK(matches(R"(a=~"")", ""));
  CHECK_FALSE(matches(R"(a=~"")", "b"));
  CHECK(matches(R"(a=~"(?i)critical")", "Critical"));
  CHECK_FALSE(matches(R"(a=~"a.b")", "a\nb"));
}

TEST_CASE("alternatives of plain words match each of the words and nothing else") {
  CHECK(matches(R"(a=~"minor|warning")", "warning"));
  CHECK(matches(R"(a=~"minor|warning")", "minor"));
  CHECK_FALSE(matches(R"(a=~"minor|warning")", "minor|warning"));
  CHECK_FALSE(matches(R"(a=~"minor|warning")", "min"));
  CHECK_FALSE(matches(R"(a=~"minor|warning")", ""));
  CHECK(matches(R"(a=~"minor|")", ""));
  CHECK_FALSE(matches(R"(a!~"minor|warning")", "minor"));
}

TEST_CASE("an absent label has the value \"\"") {
  const auto set = labels({{"a", "1"}});
  CHECK(parsed(R"(b="")").matches(set));
  CHECK(parsed(R"(b!="x")").matches(set));
  CHECK(parsed(R"(b=~".*")").matches(set));
  CHECK_FALSE(parsed(R"(b=~".+")").matches(set));
}

TEST_CASE("all matchers must hold, and the first that does not is named") {
  const auto set = labels({{"a", "1"}, {"b", "2"}});
  const Matchers both{parsed(R"(a="1")"), parsed(R"(b="2")")};
  const Matchers second_fails{parsed(R"(a="1")"), parsed(R"(b="3")"), parsed(R"(a="2")")};
  CHECK(matches_all({}, set));
  CHECK(matches_all(both, set));
  CHECK(first_failing(both, set) == nullptr);
  CHECK_FALSE(matches_all(second_fails, set));
  REQUIRE(first_failing(second_fails, set) == &second_fails[1]);
}

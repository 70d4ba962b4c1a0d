#include <catch2/catch.hpp>

#include "config/yaml/brackets.hpp"
#include "config/yaml/matcher_text.hpp"
#include "config/yaml/node.hpp"

namespace triaged::config::yaml {
namespace {

using Kind = Node::Kind;

Document parsed(std::string text, const Limits& limits = {}) { return parse("test.yaml", std::move(text), limits); }

std::string said(const Document& document) {
  std::string text;
  for (const auto& fault : document.faults->sorted()) text += render(fault) + "\n";
  return text;
}

std::string first_message(const Document& document) {
  const auto faults = document.faults->sorted();
  return faults.empty() ? "" : faults.front().message;
}

TEST_CASE("yaml: every key and value has its place, in characters from 1", "[config]") {
  const auto document =
      parsed("\xEF\xBB\xBF# heading\r\n\"größe\": ü  # comment\r\nlist:\r\n  - 'a b'\r\n  - {k: v}\r\n");
  CAPTURE(said(document));
  REQUIRE(document.usable);
  const Node& root = document.root;
  REQUIRE(root.is(Kind::map));
  CHECK(root.at == Position{2, 1});
  REQUIRE(root.children.size() == 2);
  const Node& size = root.children[0];
  CHECK(size.key == "größe");
  CHECK(size.key_at == Position{2, 1});
  CHECK(size.text == "ü");
  CHECK(size.at == Position{2, 10});
  CHECK_FALSE(size.quoted);
  const Node& list = root.children[1];
  REQUIRE(list.is(Kind::sequence));
  REQUIRE(list.children.size() == 2);
  CHECK(list.children[0].at == Position{4, 5});
  CHECK(list.children[0].text == "a b");
  CHECK(list.children[0].quoted);
  const Node* value = find(list.children[1], "k");
  REQUIRE(value != nullptr);
  CHECK(value->at == Position{5, 9});
  CHECK(value->key_at == Position{5, 6});
  CHECK(value->flow);
  CHECK(find(root, "größer") == nullptr);
}

TEST_CASE("yaml: scalars keep their text as written", "[config]") {
  const auto document = parsed("[1.10, 0x1F, yes, ~, null, '', \"a\\tb\", 'it''s', 007]\n");
  REQUIRE(document.usable);
  const auto& values = document.root.children;
  REQUIRE(values.size() == 9);
  CHECK(values[0].text == "1.10");
  CHECK(values[1].text == "0x1F");
  CHECK(values[2].text == "yes");
  CHECK(values[3].is(Kind::null));
  CHECK(values[4].is(Kind::null));
  CHECK((values[5].is(Kind::scalar) && values[5].text.empty() && values[5].quoted));
  CHECK(values[6].text == "a\tb");
  CHECK(values[7].text == "it's");
  CHECK(values[8].text == "007");
}

TEST_CASE("yaml: block scalars and texts over several lines are read whole", "[config]") {
  const auto document =
      parsed("a: |\n  one\n\n  two: [\nb: >-\n  three\n  four\nc: five\n  six\nd: \"seven\n  eight\"\n");
  CAPTURE(said(document));
  REQUIRE(document.usable);
  CHECK(find(document.root, "a")->text == "one\n\ntwo: [\n");
  CHECK(find(document.root, "b")->text == "three four");
  CHECK(find(document.root, "c")->text == "five six");
  CHECK(find(document.root, "d")->text == "seven eight");
}

TEST_CASE("yaml: a file without a value is null and no fault", "[config]") {
  const std::string text =
      GENERATE("", "\n\n", "# only a comment", "---\n", "...\n", "---\n...\n", "\xEF\xBB\xBF", "\r\n# x\r\n");
  const auto document = parsed(text);
  CAPTURE(text, said(document));
  CHECK(document.usable);
  CHECK(document.root.is(Kind::null));
  CHECK(said(document).empty());
}

TEST_CASE("yaml: an end of the document may be marked", "[config]") {
  const auto document = parsed("---\na: 1\n...\n\n# comment\n");
  CAPTURE(said(document));
  CHECK(document.usable);
  CHECK(said(document).empty());
}

// What yaml-cpp 0.7 reads without a word though text is lost, or does not come back from when it is asked for the rest.
TEST_CASE("yaml: what the library would drop in silence is a fault", "[config]") {
  const std::string text = GENERATE("  a: 1\nb: 2\n",             // less indented than the first key
                                    "- a\nb: c\n",                // a list, then a mapping
                                    "{a: b} x\n",                 // behind a bracket
                                    "[a]\n[b]\n",                 //
                                    "'a' b\n",                    // behind a quote
                                    "a: \"never closed\nb: 2\n",  // swallows the rest
                                    "a: 'never closed\nb: 2\n",   //
                                    "- rule: a\n  desc: b\n x: c\n- rule: d\n", "- rule: a\n  tags: [x, y\n- rule: d\n",
                                    "%a: 1\n", "a: 1\n%b: 2\n", "%YAML 1.2\n---\na: 1\n", "a: 1\nb:2\n", "a: 1\nb\n",
                                    "a: 1\n---\nb: 2\n", "a: 1\n...\nb: 2\n", "--- a\n--- b\n");
  const auto document = parsed(text);
  CAPTURE(text);
  CHECK(document.faults->any_errors());
}

TEST_CASE("yaml: a second document that looks like the end marker of ours is a fault", "[config]") {
  CHECK(parsed("a: 1\n---\nend of file\n").faults->any_errors());
  const auto document = parsed("a: end of file\n");
  CHECK(document.usable);
  CHECK_FALSE(document.faults->any_errors());
}

TEST_CASE("yaml: the limits hold", "[config]") {
  SECTION("depth") {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']') + "\n"; };
    CHECK(parsed(nested(32)).usable);
    CHECK_FALSE(parsed(nested(33)).usable);
    CHECK(first_message(parsed(nested(33))) == "nested more than 32 deep");
    CHECK_FALSE(parsed(std::string(100'000, '[')).usable);
    std::string deep = "a:";
    for (std::size_t i = 1; i < 100; ++i) deep += "\n" + std::string(i, ' ') + "a:";
    CHECK(first_message(parsed(deep)) == "nested more than 32 deep");
  }
  SECTION("bytes") {
    const std::string at_most = "a: " + std::string((1U << 20U) - 4, 'x') + "\n";
    CHECK(parsed(at_most).usable);
    CHECK(first_message(parsed(at_most + "\n")) == "1048577 bytes; a rule file has at most 1 MiB");
  }
  SECTION("values") {
    Limits limits;
    limits.values = 10;
    CHECK(parsed("[1, 2, 3, 4, 5, 6, 7, 8, 9]", limits).usable);
    CHECK(first_message(parsed("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", limits)) == "a rule file has at most 10 values");
  }
}

TEST_CASE("yaml: many faults are counted, not all shown", "[config]") {
  std::string text;
  for (int i = 0; i < 1500; ++i) text += "a: 1\n";
  const auto faults = parsed(text).faults->sorted();
  REQUIRE(faults.size() == Faults::kMost + 1);
  CHECK(faults.back().message == "499 more faults are not shown");
}

TEST_CASE("yaml: of a very long line a window is shown", "[config]") {
  const auto document = parsed("[" + std::string(300, ' ') + std::string(200, '\xC3').replace(0, 200, "") + "*alias" +
                               std::string(300, ' ') + "]\n");
  const auto faults = document.faults->sorted();
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].column == 302);
  CHECK(faults[0].source_line.size() <= 210);
  CHECK(faults[0].source_line.substr(faults[0].caret - 1).starts_with("*alias"));
}

TEST_CASE("yaml: places in long lines count characters", "[config]") {
  std::string text = "[";
  for (int i = 0; i < 5000; ++i) text += "é,";
  const Source source("test.yaml", text + "x]\n");
  const std::size_t offset = source.text().find('x');
  CHECK(source.position(offset) == Position{1, 10'002});
  CHECK(source.offset({1, 10'002}) == offset);
  CHECK(source.offset({1, 2}) == 1);
  CHECK(source.offset({1, 3}) == 3);
  CHECK(source.offset({1, 99'999}) == source.text().size() - 1);
  CHECK(source.offset({9, 1}) == source.text().size());
}

TEST_CASE("yaml: the lines around a broken one are read", "[config]") {
  const auto document = parsed("a: 1\nb: 'x' y\n  deeper: 1\nc: 3\nlist:\n  - p: \"q\" r\n    s: t\n  - u\n");
  CHECK(document.faults->sorted().size() == 2);
  REQUIRE(document.usable);
  CHECK(find(document.root, "b")->is(Kind::broken));
  CHECK(find(document.root, "c")->text == "3");
  const Node* list = find(document.root, "list");
  REQUIRE(list != nullptr);
  REQUIRE(list->children.size() == 2);
  CHECK(find(list->children[0], "s")->text == "t");
  CHECK(list->children[1].text == "u");
}

TEST_CASE("yaml: the bracket or quote that is open is found", "[config]") {
  const auto open_at = [](std::string_view text) { return find_open(text).value_or(std::string_view::npos); };
  CHECK(open_at("a: [1, 2\n") == 3);
  CHECK(open_at("a: {b: [1, 2], c: [3}\n") == 18);
  CHECK(open_at("a: 'it''s\n") == 3);
  CHECK(open_at("a: \"x\\\"\n") == 3);
  CHECK(open_at("- [p=\"x{1,2}\", q]\n") == 12);
  CHECK_FALSE(find_open("a: don't [\nb: x # [\nc: |\n  \"[\n  {\nd: \"]\"\ne: ['[', \"}\"]\nf: x}\n"));
  CHECK_FALSE(find_open(""));
}

TEST_CASE("yaml: what looks like a matcher is found in raw text", "[config]") {
  CHECK(find_matcher("- alertname=\"HostDown\" x") == "alertname=\"HostDown\"");
  CHECK(find_matcher("[a=~\"b|c\", d!=\"e\"]") == "a=~\"b|c\"");
  CHECK(find_matcher("x !~ \"y\\\"z\"") == "x !~ \"y\\\"z\"");
  CHECK(find_matcher("\"x\"=\"y\"") == "\"x\"=\"y\"");
  CHECK(find_matcher("title: \"a = b\"").empty());
  CHECK(find_matcher("a=\"open").empty());
  CHECK(find_matcher("=\"x\"").empty());
  CHECK(find_matcher("").empty());
  CHECK(in_single_quotes("don't") == "'don''t'");
}

}  // namespace
}  // namespace triaged::config::yaml

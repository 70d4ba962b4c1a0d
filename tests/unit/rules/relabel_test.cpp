#include "rules/enrich/relabel.hpp"

#include <optional>

#include <catch2/catch.hpp>

#include "rules/enrich/letter_case.hpp"
#include "tests/support/labels.hpp"

using triaged::Labels;
using triaged::LabelsBuilder;
using triaged::RelabelAction;
using triaged::RelabelConfig;
using triaged::Relabeler;
using triaged::test::labels;

namespace {

const Labels kAlert = labels({{"a", "foo"}, {"b", "bar"}, {"c", "baz"}});

// nullopt: dropped.
std::optional<Labels> relabelled(const Labels& alert, std::vector<RelabelConfig> configs) {
  const auto relabeler = Relabeler::compile(std::move(configs));
  if (!relabeler) FAIL(relabeler.error().message);
  LabelsBuilder builder(alert);
  if (!relabeler->apply(builder)) return std::nullopt;
  return builder.build();
}

std::optional<Labels> relabelled(RelabelConfig config) { return relabelled(kAlert, {std::move(config)}); }

// The value that `a="foo"` gets in the label d.
std::string replaced(const std::string& regex, const std::string& replacement, const std::string& value = "foo") {
  const auto result =
      relabelled(labels({{"a", value}}),
                 {{.source_labels = {"a"}, .regex = regex, .target_label = "d", .replacement = replacement}});
  return std::string(result->get("d"));
}

std::string fault(RelabelConfig config) {
  const auto relabeler = Relabeler::compile({RelabelConfig{.target_label = "x"}, std::move(config)});
  if (relabeler.has_value()) return "";
  CHECK(relabeler.error().step == 1);
  return relabeler.error().message;
}

}  // namespace

TEST_CASE("replace writes the expanded replacement into the target") {
  CHECK(relabelled({.source_labels = {"a"}, .regex = "f(.*)", .target_label = "d", .replacement = "ch${1}-ch${1}"}) ==
        labels({{"a", "foo"}, {"b", "bar"}, {"c", "baz"}, {"d", "choo-choo"}}));
  CHECK(relabelled(
            {.source_labels = {"a", "b"}, .regex = "f(.*);(.*)r", .target_label = "a", .replacement = "b${1}${2}m"}) ==
        labels({{"a", "boobam"}, {"b", "bar"}, {"c", "baz"}}));
  CHECK(relabelled({.source_labels = {"a", "x", "b"}, .separator = "-", .target_label = "d"})->get("d") == "foo--bar");
}

TEST_CASE("replace without a match changes nothing") {
  CHECK(relabelled({.source_labels = {"a"}, .regex = "fo", .target_label = "b", .replacement = "x"}) == kAlert);
  CHECK(relabelled({.source_labels = {"a"}, .regex = "oo", .target_label = "b", .replacement = "x"}) == kAlert);
}

TEST_CASE("replace with an empty result deletes the target") {
  CHECK(relabelled({.source_labels = {"a"}, .regex = "(f).*", .target_label = "b", .replacement = "$2"}) ==
        labels({{"a", "foo"}, {"c", "baz"}}));
  CHECK(relabelled({.target_label = "a", .replacement = ""}) == labels({{"b", "bar"}, {"c", "baz"}}));
}

TEST_CASE("replace without sources sets a label") {
  CHECK(relabelled({.target_label = "env", .replacement = "prod"})->get("env") == "prod");
}

TEST_CASE("the target of replace is expanded too") {
  CHECK(relabelled({.source_labels = {"a", "b"}, .regex = "(.*);(.*)", .target_label = "${1}_x", .replacement = "$2"})
            ->get("foo_x") == "bar");
  // A target that comes out empty is none.
  CHECK(relabelled({.source_labels = {"a"}, .target_label = "$2", .replacement = "x"}) == kAlert);
}

TEST_CASE("references mean what they mean in Go") {
  const auto [regex, replacement, expected] = GENERATE(table<const char*, const char*, const char*>({
      {"(f)(o+)", "$2$1", "oof"},
      {"(f)(o+)", "${2}x", "oox"},
      {"(f)(o+)", "$2x", ""},
      {"(f)(o+)", "$2-x", "oo-x"},
      {"(f)(o+)", "$0!", "foo!"},
      {"(f)(o+)", "$7.", "."},
      {"(f)(o+)", "$01.", "."},
      {"(?P<first>f)(o+)", "$first-$2", "f-oo"},
      {"(?P<first>f)(o+)", "${first}st", "fst"},
      {"(?P<first>f)(o+)", "$firsts.", "."},
      {"(?P<first>f)(o+)", "$none.", "."},
      {"(.*)", "$$1", "$1"},
      {"(.*)", "$", "$"},
      {"(.*)", "a$", "a$"},
      {"(.*)", "$-$1", "$-foo"},
      {"(.*)", "${1", "${1"},
      {"(.*)", "${}", "${}"},
      {"(.*)", "${1-}", "${1-}"},
      {"(.*)", "$1é.", "."},
      {"(.*)", "$1→", "foo→"},
      {"(.*)", "$99999999999.", "."},
      {"(x)?foo", "$1.", "."},
      {"foo|bar", "$0", "foo"},
      {"foo|bar", "$1.", "."},
  }));
  INFO(regex << " " << replacement);
  CHECK(replaced(regex, replacement) == expected);
}

TEST_CASE("a dot matches a newline too") { CHECK(replaced("f(.*)r", "$1", "foo\nbar") == "oo\nba"); }

TEST_CASE("keep and drop go by the joined source values") {
  CHECK(relabelled({.action = RelabelAction::keep, .source_labels = {"a", "b"}, .regex = "foo;bar"}) == kAlert);
  CHECK_FALSE(relabelled({.action = RelabelAction::keep, .source_labels = {"a"}, .regex = "fo"}));
  CHECK_FALSE(relabelled({.action = RelabelAction::drop, .source_labels = {"a"}, .regex = "f.*"}));
  CHECK(relabelled({.action = RelabelAction::drop, .source_labels = {"a"}, .regex = "f|o"}) == kAlert);
  CHECK_FALSE(relabelled({.action = RelabelAction::drop}));
}

TEST_CASE("the first step that drops is named, and later ones do not run") {
  const auto relabeler = Relabeler::compile({{.target_label = "d", .replacement = "1"},
                                             {.action = RelabelAction::drop, .source_labels = {"d"}, .regex = "1"},
                                             {.action = RelabelAction::drop}});
  REQUIRE(relabeler.has_value());
  CHECK(relabeler->size() == 3);
  LabelsBuilder builder(kAlert);
  std::size_t dropped_by = 99;
  CHECK_FALSE(relabeler->apply(builder, &dropped_by));
  CHECK(dropped_by == 1);
  CHECK(relabeler->config(dropped_by).source_labels == std::vector<std::string>{"d"});
}

TEST_CASE("keepequal and dropequal compare with the target's value") {
  const auto equal = labels({{"x", "1;2"}, {"y", "1"}, {"z", "2"}});
  const auto config = [](RelabelAction action, const char* target) {
    return std::vector<RelabelConfig>{{.action = action, .source_labels = {"y", "z"}, .target_label = target}};
  };
  CHECK(relabelled(equal, config(RelabelAction::keepequal, "x")) == equal);
  CHECK_FALSE(relabelled(equal, config(RelabelAction::keepequal, "y")));
  CHECK_FALSE(relabelled(equal, config(RelabelAction::dropequal, "x")));
  CHECK(relabelled(equal, config(RelabelAction::dropequal, "none")) == equal);
}

TEST_CASE("hashmod is the MD5 of the joined values, its last eight bytes modulo") {
  const auto hashed = [](const std::string& value, std::uint64_t modulus) {
    const auto result = relabelled(
        labels({{"c", value}}),
        {{.action = RelabelAction::hashmod, .source_labels = {"c"}, .target_label = "d", .modulus = modulus}});
    return std::string(result->get("d"));
  };
  // The first two are from Prometheus's tests.
  CHECK(hashed("baz", 1000) == "976");
  CHECK(hashed("foo\nbar", 1000) == "734");
  CHECK(hashed("", 1000) == "958");
  CHECK(hashed(std::string(100, 'x'), ~0ULL) == "7299307477690304434");
}

TEST_CASE("labelmap copies labels whose name matches") {
  CHECK(relabelled(labels({{"meta_a", "1"}, {"meta_b", "2"}, {"x", "3"}}),
                   {{.action = RelabelAction::labelmap, .regex = "meta_(.+)"}}) ==
        labels({{"a", "1"}, {"b", "2"}, {"meta_a", "1"}, {"meta_b", "2"}, {"x", "3"}}));
  // Labels that the step itself made are not mapped again.
  CHECK(relabelled(labels({{"a", "1"}}), {{.action = RelabelAction::labelmap, .replacement = "${1}a"}}) ==
        labels({{"a", "1"}, {"aa", "1"}}));
}

TEST_CASE("labeldrop and labelkeep go by names") {
  CHECK(relabelled({.action = RelabelAction::labeldrop, .regex = "a|c"}) == labels({{"b", "bar"}}));
  CHECK(relabelled({.action = RelabelAction::labelkeep, .regex = "a|c"}) == labels({{"a", "foo"}, {"c", "baz"}}));
  CHECK(relabelled({.action = RelabelAction::labeldrop}) == labels({}));
}

TEST_CASE("lowercase and uppercase map what is joined") {
  const auto mixed = labels({{"a", "FoO"}, {"b", "Ünï"}});
  CHECK(relabelled(mixed, {{.action = RelabelAction::lowercase, .source_labels = {"a", "b"}, .target_label = "a"}})
            ->get("a") == "foo;ünï");
  CHECK(relabelled(mixed, {{.action = RelabelAction::uppercase, .source_labels = {"b"}, .target_label = "c"}})
            ->get("c") == "ÜNÏ");
}

TEST_CASE("letters of the common scripts change case one to one") {
  const std::string lower = "azàöøÿāķłňźćαώσάёжџґәאա漢😀ａ";
  const std::string upper = "AZÀÖØŸĀĶŁŇŹĆΑΏΣΆЁЖЏҐӘאԱ漢😀Ａ";
  CHECK(triaged::to_upper(lower) == upper);
  CHECK(triaged::to_lower(upper) == lower);
  CHECK(triaged::to_lower("İẞ") == "iß");
  CHECK(triaged::to_upper("ßς×÷") == "ßΣ×÷");
  CHECK(triaged::to_lower("\xC3(\xFF\xE2\x82") == "\xC3(\xFF\xE2\x82");
}

TEST_CASE("what Prometheus refuses is refused") {
  CHECK(fault({.action = RelabelAction::replace}) == "target_label is missing for the action replace");
  CHECK(fault({.action = RelabelAction::hashmod, .target_label = "a"}) ==
        "modulus must not be 0 for the action hashmod");
  CHECK(fault({.action = RelabelAction::keepequal}) != "");
  CHECK(fault({.action = RelabelAction::lowercase, .target_label = "a", .replacement = "x"}) ==
        "replacement can not be set for the action lowercase");
  CHECK(fault({.action = RelabelAction::dropequal, .regex = "x", .target_label = "a"}) != "");
  CHECK(fault({.action = RelabelAction::labeldrop, .source_labels = {"a"}}) ==
        "only regex can be set for the action labeldrop");
  CHECK(fault({.action = RelabelAction::labelkeep, .target_label = "a"}) != "");
  CHECK(fault({.action = RelabelAction::labelmap, .replacement = ""}) != "");
  CHECK(fault({.action = RelabelAction::keep, .regex = "("}).starts_with("regex: "));
  CHECK(fault({.action = RelabelAction::keep}) == "");
}

TEST_CASE("no steps change nothing") {
  LabelsBuilder builder(kAlert);
  CHECK(Relabeler().empty());
  CHECK(Relabeler().apply(builder));
  CHECK(builder.build() == kAlert);
}

#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include <rapidcheck.h>

#include "rules/enrich/relabel.hpp"
#include "rules/match/matcher.hpp"
#include "tests/property/properties.hpp"

namespace triaged::test {
namespace {

// Texts with what quoting and regular expressions trip over, in valid UTF-8.
rc::Gen<std::string> texts_of_labels() {
  const auto piece = rc::gen::element<std::string>("a", "b", "Z", "0", " ", "\"", "\\", "\n", "=", "~", "{", "}", ",",
                                                   "$", "|", ".", "*", "(", ")", "ä", "漢", "😀", "\t", "'", "`");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece), [](const std::vector<std::string>& pieces) {
    std::string text;
    for (const auto& each : pieces) text += each;
    return text;
  });
}

Labels some_labels() {
  LabelsBuilder builder;
  for (const auto& [name, value] : *rc::gen::container<std::vector<std::pair<std::string, std::string>>>(
           rc::gen::pair(rc::gen::nonEmpty(texts_of_labels()), texts_of_labels()))) {
    builder.set(name, value);
  }
  return builder.build();
}

Relabeler relabeler(std::vector<RelabelConfig> configs) {
  auto compiled = Relabeler::compile(std::move(configs));
  RC_ASSERT(compiled.has_value());
  return *compiled;
}

std::string escaped(const std::string& text) {
  std::string pattern;
  for (const char c : text) {
    if (c > 0 && !std::isalnum(static_cast<unsigned char>(c))) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

void matchers_are_read_back() {
  const auto name = *rc::gen::nonEmpty(texts_of_labels());
  const auto value = *texts_of_labels();
  const auto op = *rc::gen::element(MatchOp::equal, MatchOp::not_equal);
  const auto matcher = Matcher::make(name, op, value);
  RC_ASSERT(matcher.has_value());
  const auto again = Matcher::parse(matcher->text());
  RC_ASSERT(again.has_value());
  RC_ASSERT(again->name() == name);
  RC_ASSERT(again->op() == op);
  RC_ASSERT(again->value() == value);
}

void operators_come_in_opposites() {
  const auto value = *texts_of_labels();
  const auto other = *texts_of_labels();
  const auto regex = escaped(value) + *rc::gen::element<std::string>("", ".*", "|b");
  RC_ASSERT(Matcher::make("a", MatchOp::equal, value)->matches_value(other) == (value == other));
  RC_ASSERT(Matcher::make("a", MatchOp::not_equal, value)->matches_value(other) == (value != other));
  const auto matches = Matcher::make("a", MatchOp::regex, regex);
  const auto matches_not = Matcher::make("a", MatchOp::not_regex, regex);
  RC_ASSERT(matches.has_value() && matches_not.has_value());
  RC_ASSERT(matches->matches_value(value));
  RC_ASSERT(matches->matches_value(other) != matches_not->matches_value(other));
}

void any_text_is_parsed_or_refused() {
  const auto text = *rc::gen::oneOf(texts_of_labels(), rc::gen::arbitrary<std::string>());
  const auto matcher = Matcher::parse(text);
  if (!matcher) RC_ASSERT(matcher.error().offset <= text.size());
}

void replacing_by_itself_changes_nothing() {
  const auto before = some_labels();
  LabelsBuilder builder(before);
  std::vector<RelabelConfig> configs;
  for (const auto& [name, value] : before) {
    // A `$` in a target is a reference.
    if (name.find('$') != std::string_view::npos) continue;
    configs.push_back({.source_labels = {std::string(name)}, .target_label = std::string(name)});
  }
  RC_ASSERT(relabeler(configs).apply(builder));
  RC_ASSERT(builder.build() == before);
}

void labels_are_mapped_there_and_back() {
  const auto before = some_labels();
  LabelsBuilder builder(before);
  const auto there_and_back = relabeler({{.action = RelabelAction::labelmap, .replacement = "kept_$1"},
                                         {.action = RelabelAction::labelkeep, .regex = "kept_.*"},
                                         {.action = RelabelAction::labelmap, .regex = "kept_(.*)"},
                                         {.action = RelabelAction::labeldrop, .regex = "kept_.*"}});
  RC_ASSERT(there_and_back.apply(builder));
  RC_ASSERT(builder.build() == before);
}

void keep_and_drop_are_opposites() {
  const auto alert = some_labels();
  const auto value = *texts_of_labels();
  RelabelConfig keep{.action = RelabelAction::keep, .source_labels = {"a", "b"}, .regex = escaped(value)};
  RelabelConfig drop = keep;
  drop.action = RelabelAction::drop;
  LabelsBuilder kept(alert);
  LabelsBuilder dropped(alert);
  RC_ASSERT(relabeler({keep}).apply(kept) != relabeler({drop}).apply(dropped));
}

void hashes_stay_below_the_modulus() {
  const auto modulus = *rc::gen::inRange<std::uint64_t>(1, 1000);
  LabelsBuilder builder(some_labels());
  const auto hash = relabeler(
      {{.action = RelabelAction::hashmod, .source_labels = {"a"}, .target_label = "shard", .modulus = modulus}});
  RC_ASSERT(hash.apply(builder));
  RC_ASSERT(std::stoull(std::string(builder.get("shard"))) < modulus);
}

}  // namespace

std::vector<Property> label_properties() {
  return {
      {"a matcher's text is read back as the same matcher", matchers_are_read_back},
      {"matching operators come in opposites", operators_come_in_opposites},
      {"any text is a matcher or is refused at a place in it", any_text_is_parsed_or_refused},
      {"replacing a label by itself changes nothing", replacing_by_itself_changes_nothing},
      {"labelmap there and back changes nothing", labels_are_mapped_there_and_back},
      {"keep and drop are opposites", keep_and_drop_are_opposites},
      {"hashmod stays below its modulus", hashes_stay_below_the_modulus},
  };
}

}  // namespace triaged::test

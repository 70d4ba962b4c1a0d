#include "rules/model/labels.hpp"

#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "tests/support/labels.hpp"

using triaged::Labels;
using triaged::LabelsBuilder;
using triaged::LabelsView;
using triaged::test::labels;

TEST_CASE("labels have one canonical form, whatever order they were set in") {
  const auto one = labels({{"b", "2"}, {"a", "1"}, {"ab", "3"}});
  const auto other = labels({{"ab", "3"}, {"a", "1"}, {"b", "2"}});
  CHECK(one == other);
  CHECK(one.bytes() ==
        "a\xFF"
        "1\xFF"
        "ab\xFF"
        "3\xFF"
        "b\xFF"
        "2\xFF");
}

TEST_CASE("an empty value means that the label is absent") {
  CHECK(labels({{"a", ""}, {"b", "2"}}) == labels({{"b", "2"}}));
  LabelsBuilder builder(labels({{"a", "1"}, {"b", "2"}}));
  builder.set("a", "");
  CHECK(builder.build() == labels({{"b", "2"}}));
  CHECK(labels({}).empty());
}

TEST_CASE("a label set again has the later value") {
  LabelsBuilder builder;
  builder.set("a", "1");
  builder.set("a", "2");
  CHECK(builder.get("a") == "2");
  CHECK(builder.pairs().size() == 1);
}

TEST_CASE("erasing takes away one label, and nothing where it is absent") {
  LabelsBuilder builder(labels({{"a", "1"}, {"b", "2"}}));
  builder.erase("c");
  builder.erase("a");
  CHECK(builder.build() == labels({{"b", "2"}}));
  CHECK(builder.get("a").empty());
}

TEST_CASE("a view finds values and walks them in order of name") {
  const auto set = labels({{"severity", "critical"}, {"alertname", "DiskFull"}, {"a", "x"}});
  CHECK(set.get("alertname") == "DiskFull");
  CHECK(set.get("alert").empty());
  CHECK(set.get("alertnames").empty());
  std::string walked;
  for (const auto& [name, value] : set) walked.append(name).append("=").append(value).append(" ");
  CHECK(walked == "a=x alertname=DiskFull severity=critical ");
}

TEST_CASE("label sets that read alike when joined are still different") {
  CHECK_FALSE(labels({{"a", "bc"}}) == labels({{"ab", "c"}}));
  CHECK_FALSE(labels({{"a", "b"}, {"c", "d"}}) == labels({{"a", "bcd"}}));
}

TEST_CASE("canonical bytes make the same set again") {
  const auto set = labels({{"a", "1"}, {"b", "zwei"}});
  CHECK(Labels::from_canonical(std::string(set.bytes())) == set);
  CHECK(LabelsBuilder(LabelsView(set.bytes())).build() == set);
}

TEST_CASE("names and values of any length are found, those of one word and a little more too") {
  for (std::size_t size = 1; size <= 40; ++size) {
    const std::string text(size, 'x');
    const std::string beyond_ascii = text + "\xC3\xBF";
    const auto set = labels({{text, beyond_ascii}, {text + "y", text}});
    CHECK(set.get(text) == beyond_ascii);
    CHECK(set.get(text + "y") == text);
    CHECK(set.get(text + "z").empty());
  }
}

TEST_CASE("a shared label set outlives what it was copied from") {
  triaged::SharedLabels kept;
  CHECK(kept.empty());
  CHECK(kept.bytes().empty());
  {
    const triaged::SharedLabels first(labels({{"a", "1"}}));
    triaged::SharedLabels second = first;
    kept = std::move(second);
    CHECK(kept.bytes().data() == first.bytes().data());
  }
  CHECK(kept.get("a") == "1");
  CHECK(triaged::SharedLabels(labels({})).empty());
}

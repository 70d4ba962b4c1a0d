#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "tests/support/labels.hpp"

namespace triaged::config {
namespace {

using namespace std::chrono_literals;
using test::labels;

std::string said(const Loaded& loaded) {
  std::string text;
  for (const auto& diagnostic : loaded.diagnostics) text += render(diagnostic) + "\n";
  return text;
}

TEST_CASE("rules: a rule file gives all that stands in it", "[config]") {
  const Loaded loaded = load_texts({{"rules.yaml", R"(
relabel_configs:
  - source_labels: [exported_job, job]
    separator: '/'
    regex: '/(.+)'
    target_label: service
  - {action: hashmod, source_labels: [service], target_label: shard, modulus: 8}
dedup:
  - name: replicas
    matchers: ['source="prometheus"']
    ignore: [prometheus_replica, severity]
correlate:
  - name: outage
    matchers: [env="prod", 'severity=~"critical|major"']
    by: topology
    timespan: 2m30s
    hops: 6
    hold: 1m
    otherwise: next
    opening_matchers: ['severity!="info"']
    title: '{{ $root }}: {{ $count }} alerts'
  - {name: same-service, by: {labels: [service, region]}, missing: empty, join: timespan, timespan: 24h}
)"}});
  INFO(said(loaded));
  REQUIRE(loaded.bundle);
  CHECK(loaded.diagnostics.empty());
  const Bundle& bundle = *loaded.bundle;

  REQUIRE(bundle.relabeler.size() == 2);
  CHECK(bundle.relabeler.config(0).source_labels == std::vector<std::string>{"exported_job", "job"});
  CHECK(bundle.relabeler.config(0).separator == "/");
  CHECK(bundle.relabeler.config(0).replacement == "$1");
  CHECK(bundle.relabeler.config(0).origin.line == 3);
  CHECK(bundle.relabeler.config(1).action == RelabelAction::hashmod);
  CHECK(bundle.relabeler.config(1).modulus == 8);
  CHECK(bundle.relabeler.config(1).origin.line == 7);

  REQUIRE(bundle.dedup.size() == 1);
  CHECK(bundle.dedup[0].name == "replicas");
  CHECK(bundle.dedup[0].ignore == std::vector<std::string>{"prometheus_replica", "severity"});
  CHECK(matches_all(bundle.dedup[0].matchers, labels({{"source", "prometheus"}})));

  REQUIRE(bundle.correlate.size() == 2);
  const auto& outage = bundle.correlate[0];
  CHECK(outage.name == "outage");
  CHECK(outage.origin.file == "rules.yaml");
  CHECK(outage.origin.line == 13);
  CHECK(std::get<ByTopology>(outage.by).hops == 6);
  CHECK(outage.timespan == 150s);
  CHECK(outage.hold == 1min);
  CHECK(outage.otherwise == CorrelationRule::Otherwise::next);
  CHECK(outage.title == "{{ $root }}: {{ $count }} alerts");
  CHECK(matches_all(outage.matchers, labels({{"env", "prod"}, {"severity", "major"}})));
  CHECK_FALSE(matches_all(outage.matchers, labels({{"env", "prod"}, {"severity", "minor"}})));
  REQUIRE(outage.opening_matchers.size() == 1);
  CHECK(outage.opening_matchers[0].op() == MatchOp::not_equal);
  const auto& same = std::get<ByLabels>(bundle.correlate[1].by);
  CHECK(same.labels == std::vector<std::string>{"service", "region"});
  CHECK(same.missing == ByLabels::Missing::empty);
  CHECK(same.join == ByLabels::Join::timespan);
  CHECK(bundle.correlate[1].timespan == 24h);
  CHECK(bundle.correlate[1].otherwise == CorrelationRule::Otherwise::open);
  REQUIRE(bundle.sources.size() == 1);
  CHECK(bundle.sources[0].stalled_after == 0ms);
}

TEST_CASE("rules: what is left out has the model's default", "[config]") {
  const Loaded loaded =
      load_texts({{"rules.yaml", "correlate: [{name: a, by: topology}, {name: b, by: {labels: [x]}}]\n"}});
  INFO(said(loaded));
  REQUIRE(loaded.bundle);
  const auto& rules = loaded.bundle->correlate;
  REQUIRE(rules.size() == 2);
  const CorrelationRule defaults;
  CHECK(std::get<ByTopology>(rules[0].by).hops == ByTopology{}.hops);
  CHECK(std::get<ByLabels>(rules[1].by).missing == ByLabels{}.missing);
  CHECK(std::get<ByLabels>(rules[1].by).join == ByLabels{}.join);
  CHECK(rules[0].timespan == defaults.timespan);
  CHECK(rules[0].hold == defaults.hold);
  CHECK(rules[0].title.empty());
  CHECK(rules[0].matchers.empty());
}

TEST_CASE("rules: the ends of the bounds are within them", "[config]") {
  const Loaded loaded = load_texts({{"rules.yaml",
                                     "correlate:\n"
                                     "  - {name: a, by: topology, timespan: 1ms, hold: 0, hops: 1}\n"
                                     "  - {name: b, by: topology, timespan: 24h, hold: 1h, hops: 16}\n"}});
  CHECK(said(loaded).empty());
}

TEST_CASE("rules: order is that of the files, and names are unique over all of them", "[config]") {
  const NamedText first{"10.yaml", "correlate: [{name: a, by: topology}]\n"};
  const Loaded good = load_texts({first, {"20.yaml", "correlate: [{name: b, by: topology}]\n"}});
  REQUIRE(good.bundle);
  REQUIRE(good.bundle->correlate.size() == 2);
  CHECK(good.bundle->correlate[0].name == "a");
  CHECK(good.bundle->correlate[1].origin.file == "20.yaml");

  const Loaded bad = load_texts({first, {"20.yaml", "correlate: [{name: a, by: topology}]\n"}});
  CHECK_FALSE(bad.bundle);
  REQUIRE(bad.diagnostics.size() == 1);
  CHECK(bad.diagnostics[0].file == "20.yaml");
  CHECK(bad.diagnostics[0].message == "a correlate rule \"a\" stands already in 10.yaml:1; names are unique");
}

TEST_CASE("rules: faults of all files come in the order of the files, then of the lines", "[config]") {
  const Loaded loaded =
      load_texts({{"b.yaml", "dedup: 1\ncorrelate: 2\n"}, {"a.yaml", "dedup: 3\n"}}, {{"c.yaml", "services: 4\n"}});
  REQUIRE(loaded.diagnostics.size() == 4);
  CHECK(loaded.diagnostics[0].file == "b.yaml");
  CHECK(loaded.diagnostics[0].line == 1);
  CHECK(loaded.diagnostics[1].line == 2);
  CHECK(loaded.diagnostics[2].file == "a.yaml");
  CHECK(loaded.diagnostics[3].file == "c.yaml");
}

TEST_CASE("rules: an empty file is a warning", "[config]") {
  const Loaded loaded = load_texts({{"rules.yaml", "# nothing yet\n"}});
  CHECK(loaded.bundle);
  REQUIRE(loaded.diagnostics.size() == 1);
  CHECK(loaded.diagnostics[0].level == Diagnostic::Level::warning);
}

TEST_CASE("rules: the hash tells bundles apart", "[config]") {
  const auto hash = [](const std::vector<NamedText>& rules, const std::vector<NamedText>& catalogue = {}) {
    const Loaded loaded = load_texts(rules, catalogue);
    return loaded.bundle ? loaded.bundle->hash : "";
  };
  const std::string one = hash({{"a.yaml", "dedup: []\n"}});
  CHECK(one.size() == 64);
  CHECK(one == hash({{"a.yaml", "dedup: []\n"}}));
  CHECK(one != hash({{"b.yaml", "dedup: []\n"}}));
  CHECK(one != hash({{"a.yaml", "dedup: [] \n"}}));
  CHECK(one != hash({{"a.yaml", "dedup: []\n"}}, {{"c.yaml", "services: []\n"}}));
  // SHA-256 of the text that is recorded.
  CHECK(one == "6320922005ff91a6db109c6169c1072502f9c4c759690c3f6f7e24d98869752d");
}

TEST_CASE("rules: the pack that is compiled in loads without a word", "[config]") {
  const Loaded loaded = load_rules({}, std::nullopt);
  INFO(said(loaded));
  REQUIRE(loaded.bundle);
  CHECK(loaded.diagnostics.empty());
  REQUIRE_FALSE(loaded.bundle->correlate.empty());
  CHECK(loaded.bundle->correlate[0].origin.file.starts_with("packs/default/"));
}

}  // namespace
}  // namespace triaged::config

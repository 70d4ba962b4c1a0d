#include <algorithm>

#include <catch2/catch.hpp>

#include "config/catalogue/cycles.hpp"
#include "config/load.hpp"
#include "tests/support/labels.hpp"

namespace triaged::config {
namespace {

using test::labels;

std::string said(const Loaded& loaded) {
  std::string text;
  for (const auto& diagnostic : loaded.diagnostics) text += render(diagnostic) + "\n";
  return text;
}

TEST_CASE("catalogue: services and configuration items come with all that stands in them", "[config]") {
  const Loaded loaded = load_texts({}, {{"catalogue.yaml", R"(
services:
  - name: shop
    tier: edge
    owner: team-1
    region: eu-1
    supplier: internal
    customers: [retail, 'big & co']
    runs_on: [host-1]
    runbook: https://wiki.example/shop
    target: 99.95%
    matchers: ['job="shop"', 'env="prod"']
    depends_on: [api, {needs: 1, of: [cache-a, cache-b]}]
  - name: api
    matchers: [['job="api"'], ['namespace="api"', severity!="info"]]
  - {name: cache-a}
  - {name: cache-b, depends_on: []}
configuration_items:
  - {name: host-1, type: host, supplier: cloud-a, matchers: ['instance=~"host-1(:.*)?"']}
)"}});
  INFO(said(loaded));
  REQUIRE(loaded.bundle);
  CHECK(loaded.diagnostics.empty());
  const Catalogue& catalogue = loaded.bundle->catalogue;
  REQUIRE(catalogue.services.size() == 4);
  const Service& shop = catalogue.services[0];
  CHECK(shop.name == "shop");
  CHECK(shop.tier == "edge");
  CHECK(shop.owner == "team-1");
  CHECK(shop.region == "eu-1");
  CHECK(shop.supplier == "internal");
  CHECK(shop.customers == std::vector<std::string>{"retail", "big & co"});
  CHECK(shop.runs_on == std::vector<std::string>{"host-1"});
  CHECK(shop.runbook == "https://wiki.example/shop");
  CHECK(shop.origin.file == "catalogue.yaml");
  CHECK(shop.origin.line == 3);
  REQUIRE(shop.matchers.size() == 1);
  CHECK(matches_all(shop.matchers[0], labels({{"job", "shop"}, {"env", "prod"}})));
  CHECK_FALSE(matches_all(shop.matchers[0], labels({{"job", "shop"}})));
  REQUIRE(shop.depends_on.size() == 2);
  CHECK(shop.depends_on[0].needs == 1);
  CHECK(shop.depends_on[0].of == std::vector<ServiceId>{ServiceId{1}});
  CHECK(shop.depends_on[1].of == std::vector<ServiceId>{ServiceId{2}, ServiceId{3}});
  REQUIRE(catalogue.services[1].matchers.size() == 2);
  CHECK(catalogue.services[1].matchers[1].size() == 2);
  REQUIRE(catalogue.items.size() == 1);
  CHECK(catalogue.items[0].type == "host");
  CHECK(catalogue.items[0].supplier == "cloud-a");
  REQUIRE(catalogue.items[0].matchers.size() == 1);
  CHECK(matches_all(catalogue.items[0].matchers[0], labels({{"instance", "host-1:9100"}})));
}

TEST_CASE("catalogue: names are known across files", "[config]") {
  const Loaded loaded = load_texts({}, {{"a.yaml", "services: [{name: a, depends_on: [b], runs_on: [host]}]\n"},
                                        {"b.yaml", "services: [{name: b}]\nconfiguration_items: [{name: host}]\n"}});
  INFO(said(loaded));
  REQUIRE(loaded.bundle);
  CHECK(loaded.bundle->catalogue.services[0].depends_on[0].of[0] == ServiceId{1});

  const Loaded twice = load_texts({}, {{"a.yaml", "services: [{name: a}]\n"}, {"b.yaml", "services: [{name: a}]\n"}});
  CHECK(said(twice).find("service \"a\" stands already in a.yaml:1") != std::string::npos);
}

TEST_CASE("catalogue: a file that can't be read makes no name unknown", "[config]") {
  const Loaded loaded = load_texts(
      {}, {{"a.yaml", "services: [{name: a, depends_on: [b]}]\n"}, {"b.yaml", "  services: [{name: b}]\nx: y\n"}});
  REQUIRE(loaded.diagnostics.size() == 1);
  CHECK(loaded.diagnostics[0].file == "b.yaml");
}

TEST_CASE("catalogue: a cycle is a warning", "[config]") {
  const Loaded loaded =
      load_texts({}, {{"a.yaml", "services: [{name: a, depends_on: [b]}, {name: b, depends_on: [a]}]\n"}});
  REQUIRE(loaded.bundle);
  REQUIRE(loaded.diagnostics.size() == 1);
  CHECK(loaded.diagnostics[0].level == Diagnostic::Level::warning);
  CHECK(loaded.diagnostics[0].message == "a cycle of dependencies: a → b → a");
}

TEST_CASE("catalogue: cycles are found, one for each tangle, shortest through its first node", "[config]") {
  CHECK(find_cycles({}).empty());
  CHECK(find_cycles({{1, 2}, {2}, {}}).empty());
  const auto cycles = find_cycles({{1}, {2, 0}, {0}, {3}, {5}, {6}, {4}, {0}});
  REQUIRE(cycles.size() == 3);
  CHECK(cycles[0].path == std::vector<std::uint32_t>{0, 1});
  CHECK(cycles[0].tangle == 3);
  CHECK(cycles[1].path == std::vector<std::uint32_t>{3});
  CHECK(cycles[2].path == std::vector<std::uint32_t>{4, 5, 6});
  CHECK(cycles[2].tangle == 3);
}

TEST_CASE("catalogue: a very long chain of dependencies is no harder than a short one", "[config]") {
  constexpr std::uint32_t kLength = 200'000;
  Edges edges(kLength);
  for (std::uint32_t i = 0; i + 1 < kLength; ++i) edges[i] = {i + 1};
  CHECK(find_cycles(edges).empty());
  edges[kLength - 1] = {0};
  const auto cycles = find_cycles(edges);
  REQUIRE(cycles.size() == 1);
  CHECK(cycles[0].path.size() == kLength);
}

TEST_CASE("catalogue: many unknown names are reported in bounded time", "[config]") {
  std::string text = "services:\n";
  for (int i = 0; i < 3000; ++i) {
    const std::string number = std::to_string(i);
    text += "  - {name: service-" + number + ", depends_on: [servise-" + number + "]}\n";
  }
  const Loaded loaded = load_texts({}, {{"a.yaml", text}});
  REQUIRE(loaded.diagnostics.size() == 1001);
  CHECK(loaded.diagnostics[0].message == "unknown service \"servise-0\"; did you mean \"service-0\"?");
  CHECK(loaded.diagnostics[500].message == "unknown service \"servise-500\"");
  CHECK(loaded.diagnostics.back().message == "2000 more faults are not shown");
}

}  // namespace
}  // namespace triaged::config

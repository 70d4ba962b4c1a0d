#include "rules/enrich/enricher.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "tests/support/labels.hpp"

using triaged::Catalogue;
using triaged::ConfigurationItem;
using triaged::Enricher;
using triaged::kNoService;
using triaged::Matcher;
using triaged::Matchers;
using triaged::Service;
using triaged::ServiceId;
using triaged::test::labels;

namespace {

Matchers matchers(std::initializer_list<const char*> texts) {
  Matchers result;
  for (const auto* text : texts) result.push_back(Matcher::parse(text).value());
  return result;
}

Service service(std::string name, std::vector<Matchers> lists = {}) {
  Service result;
  result.name = std::move(name);
  result.matchers = std::move(lists);
  return result;
}

ConfigurationItem item(std::string name, std::vector<Matchers> lists) {
  ConfigurationItem result;
  result.name = std::move(name);
  result.matchers = std::move(lists);
  return result;
}

}  // namespace

TEST_CASE("the service whose matchers all hold takes the alert") {
  Catalogue catalogue;
  catalogue.services = {service("db", {matchers({R"(job="mysql")", R"(env="prod")"})}), service("web")};
  const Enricher enricher(catalogue);
  CHECK(enricher.enrich(labels({{"job", "mysql"}, {"env", "prod"}})).id == ServiceId{0});
  CHECK(enricher.enrich(labels({{"job", "mysql"}, {"env", "prod"}})).service == "db");
  CHECK(enricher.enrich(labels({{"job", "mysql"}, {"env", "test"}})).id == kNoService);
}

TEST_CASE("one list of matchers is enough") {
  Catalogue catalogue;
  catalogue.services = {service("db", {matchers({R"(job="mysql")"}), matchers({R"(job="galera")"})})};
  const Enricher enricher(catalogue);
  CHECK(enricher.enrich(labels({{"job", "mysql"}})).id == ServiceId{0});
  CHECK(enricher.enrich(labels({{"job", "galera"}})).id == ServiceId{0});
  CHECK(enricher.enrich(labels({{"job", "redis"}})).id == kNoService);
}

TEST_CASE("the service declared first wins, whatever its matchers are made of") {
  Catalogue catalogue;
  catalogue.services = {service("z", {matchers({R"(team="x")"})}), service("pattern", {matchers({R"(job=~"a.*")"})}),
                        service("exact", {matchers({R"(job="ab")"})}), service("also", {matchers({R"(host="h")"})})};
  const Enricher enricher(catalogue);
  CHECK(enricher.enrich(labels({{"job", "ab"}})).service == "pattern");
  CHECK(enricher.enrich(labels({{"job", "ab"}, {"host", "h"}})).service == "pattern");
  CHECK(enricher.enrich(labels({{"job", "b"}, {"host", "h"}, {"team", "x"}})).service == "z");
}

TEST_CASE("a matcher for an absent label finds the alerts that lack it") {
  Catalogue catalogue;
  catalogue.services = {service("orphans", {matchers({R"(team="")", R"(env!="test")"})})};
  const Enricher enricher(catalogue);
  CHECK(enricher.enrich(labels({{"job", "a"}})).id == ServiceId{0});
  CHECK(enricher.enrich(labels({{"job", "a"}, {"team", "x"}})).id == kNoService);
}

TEST_CASE("matchers win over the label service") {
  Catalogue catalogue;
  catalogue.services = {service("web"), service("db", {matchers({R"(job="mysql")"})})};
  const Enricher enricher(catalogue);
  CHECK(enricher.enrich(labels({{"job", "mysql"}, {"service", "web"}})).service == "db");
}

TEST_CASE("without matchers the labels service, namespace and job name the service, in this order") {
  Catalogue catalogue;
  catalogue.services = {service("web"), service("shop")};
  const Enricher enricher(catalogue);
  CHECK(enricher.enrich(labels({{"job", "j"}, {"namespace", "n"}, {"service", "web"}})).id == ServiceId{0});
  CHECK(enricher.enrich(labels({{"job", "web"}, {"namespace", "shop"}})).id == ServiceId{1});
  CHECK(enricher.enrich(labels({{"job", "web"}})).id == ServiceId{0});
  // The first label that there is decides, also where the catalogue knows only the next.
  const auto alert = labels({{"job", "web"}, {"service", "other"}});
  const auto unknown = enricher.enrich(alert);
  CHECK(unknown.service == "other");
  CHECK(unknown.id == kNoService);
  CHECK(enricher.enrich(labels({{"alertname", "web"}})).service.empty());
}

TEST_CASE("without a catalogue services are known by name alone") {
  const auto alert = labels({{"service", "web"}});
  const auto found = Enricher().enrich(alert);
  CHECK(found.service == "web");
  CHECK(found.id == kNoService);
}

TEST_CASE("all configuration items that take the alert are found, ascending, each once") {
  Catalogue catalogue;
  catalogue.items = {item("by-pattern", {matchers({R"(instance=~"h1:.*")"})}),
                     item("rack", {matchers({R"(rack="r1")"}), matchers({R"(instance="h1:9100")"})}),
                     item("other", {matchers({R"(instance="h2:9100")"})}),
                     item("host", {matchers({R"(instance="h1:9100")"})})};
  const Enricher enricher(catalogue);
  CHECK(enricher.enrich(labels({{"instance", "h1:9100"}, {"rack", "r1"}})).items ==
        std::vector<std::uint32_t>{0, 1, 3});
  CHECK(enricher.enrich(labels({{"instance", "h3:9100"}})).items.empty());
}

TEST_CASE("a matcher that all services share does not hide the one that tells them apart") {
  Catalogue catalogue;
  for (int i = 0; i < 100; ++i) {
    const auto name = "s" + std::to_string(i);
    catalogue.services.push_back(service(name, {matchers({R"(env="prod")", ("app=\"" + name + "\"").c_str()})}));
  }
  const Enricher enricher(catalogue);
  CHECK(enricher.enrich(labels({{"app", "s42"}, {"env", "prod"}})).id == ServiceId{42});
  CHECK(enricher.enrich(labels({{"app", "s42"}, {"env", "test"}})).id == kNoService);
}

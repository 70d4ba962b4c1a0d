#include "connectors/metrics/registry.hpp"

#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

namespace triaged::metrics {
namespace {

// Everything that a format has to get right, made in an order that is not the one shown.
void fill(Registry& registry) {
  const auto rejected = registry.counters("triaged_rejected_total", "What could not be used.", {"source", "reason"});
  rejected.with({"b", "too large"}).add(3);
  rejected.with({"a", "say \"no\"\\\nor yes"}).add();
  registry.gauge("triaged_lag_seconds", "How late; with a \\ and a \"quote\"\nand a second line.").set(0.25);
  const auto times = registry.histogram("triaged_commit_seconds", "How long.", {0.001, 0.1, 1, 30});
  for (const double value : {0.0005, 0.001, 0.05, 2.0, 100.0}) times.observe(value);
  registry.histograms("triaged_size_bytes", "How large.", {10}, {"route"}).with({"/x"}).observe(10);
  const auto odd = registry.gauges("triaged_odd", "Values.", {"kind"});
  odd.with({"1 infinity"}).set(std::numeric_limits<double>::infinity());
  odd.with({"2 less"}).set(-std::numeric_limits<double>::infinity());
  odd.with({"3 none"}).set(std::numeric_limits<double>::quiet_NaN());
  odd.with({"4 small"}).set(1e-9);
  odd.with({"5 large"}).set(1e300);
  odd.with({"6 whole"}).set(-9007199254740991.0);
  (void)registry.counters("triaged_nothing_total", "A family without series is not shown.", {"label"});
}

TEST_CASE("metrics: Prometheus's text format", "[metrics]") {
  Registry registry;
  fill(registry);
  CHECK(registry.scrape(Format::text) == R"(# HELP triaged_commit_seconds How long.
# TYPE triaged_commit_seconds histogram
triaged_commit_seconds_bucket{le="0.001"} 2
triaged_commit_seconds_bucket{le="0.1"} 3
triaged_commit_seconds_bucket{le="1"} 3
triaged_commit_seconds_bucket{le="30"} 4
triaged_commit_seconds_bucket{le="+Inf"} 5
triaged_commit_seconds_count 5
triaged_commit_seconds_sum 102.0515
# HELP triaged_lag_seconds How late; with a \\ and a "quote"\nand a second line.
# TYPE triaged_lag_seconds gauge
triaged_lag_seconds 0.25
# HELP triaged_odd Values.
# TYPE triaged_odd gauge
triaged_odd{kind="1 infinity"} +Inf
triaged_odd{kind="2 less"} -Inf
triaged_odd{kind="3 none"} NaN
triaged_odd{kind="4 small"} 1e-09
triaged_odd{kind="5 large"} 1e+300
triaged_odd{kind="6 whole"} -9007199254740991
# HELP triaged_rejected_total What could not be used.
# TYPE triaged_rejected_total counter
triaged_rejected_total{reason="say \"no\"\\\nor yes",source="a"} 1
triaged_rejected_total{reason="too large",source="b"} 3
# HELP triaged_size_bytes How large.
# TYPE triaged_size_bytes histogram
triaged_size_bytes_bucket{route="/x",le="10"} 1
triaged_size_bytes_bucket{route="/x",le="+Inf"} 1
triaged_size_bytes_count{route="/x"} 1
triaged_size_bytes_sum{route="/x"} 10
)");
}

TEST_CASE("metrics: OpenMetrics", "[metrics]") {
  Registry registry;
  fill(registry);
  CHECK(registry.scrape(Format::openmetrics) == R"(# HELP triaged_commit_seconds How long.
# TYPE triaged_commit_seconds histogram
# UNIT triaged_commit_seconds seconds
triaged_commit_seconds_bucket{le="0.001"} 2
triaged_commit_seconds_bucket{le="0.1"} 3
triaged_commit_seconds_bucket{le="1.0"} 3
triaged_commit_seconds_bucket{le="30.0"} 4
triaged_commit_seconds_bucket{le="+Inf"} 5
triaged_commit_seconds_count 5
triaged_commit_seconds_sum 102.0515
# HELP triaged_lag_seconds How late; with a \\ and a \"quote\"\nand a second line.
# TYPE triaged_lag_seconds gauge
# UNIT triaged_lag_seconds seconds
triaged_lag_seconds 0.25
# HELP triaged_odd Values.
# TYPE triaged_odd gauge
triaged_odd{kind="1 infinity"} +Inf
triaged_odd{kind="2 less"} -Inf
triaged_odd{kind="3 none"} NaN
triaged_odd{kind="4 small"} 1e-09
triaged_odd{kind="5 large"} 1e+300
triaged_odd{kind="6 whole"} -9007199254740991
# HELP triaged_rejected What could not be used.
# TYPE triaged_rejected counter
triaged_rejected_total{reason="say \"no\"\\\nor yes",source="a"} 1
triaged_rejected_total{reason="too large",source="b"} 3
# HELP triaged_size_bytes How large.
# TYPE triaged_size_bytes histogram
# UNIT triaged_size_bytes bytes
triaged_size_bytes_bucket{route="/x",le="10.0"} 1
triaged_size_bytes_bucket{route="/x",le="+Inf"} 1
triaged_size_bytes_count{route="/x"} 1
triaged_size_bytes_sum{route="/x"} 10
# EOF
)");
}

TEST_CASE("metrics: the same labels are the same series", "[metrics]") {
  Registry registry;
  const auto family = registry.counters("a_total", "A.", {"x", "y"});
  const Counter counter = family.with({"1", "2"});
  counter.add(2);
  family.with({"1", "2"}).add();
  CHECK(counter.value() == 3);
  CHECK(family.with({"12", ""}).value() == 0);
  CHECK(family.with({"2", "1"}).value() == 0);
}

TEST_CASE("metrics: a total that is counted elsewhere only goes up", "[metrics]") {
  Registry registry;
  const Counter counter = registry.counter("a_total", "A.");
  counter.raise_to(7);
  counter.raise_to(5);
  CHECK(counter.value() == 7);
}

TEST_CASE("metrics: more series than a family holds share one", "[metrics]") {
  Registry registry;
  const auto family = registry.counters("a_total", "A.", {"x"}, 2);
  for (const char* value : {"1", "2", "3", "4", "1"}) family.with({value}).add();
  CHECK(registry.scrape(Format::text) == R"(# HELP a_total A.
# TYPE a_total counter
a_total{x="1"} 2
a_total{x="2"} 1
a_total{x="other"} 2
)");
}

TEST_CASE("metrics: a series can be taken away, and makes room", "[metrics]") {
  Registry registry;
  const auto family = registry.gauges("a", "A.", {"x"}, 2);
  for (const char* value : {"1", "2"}) family.with({value}).set(1);
  family.remove({"1"});
  family.remove({"never there"});
  family.with({"3"}).set(3);
  CHECK(registry.scrape(Format::text) == "# HELP a A.\n# TYPE a gauge\na{x=\"2\"} 1\na{x=\"3\"} 3\n");
}

TEST_CASE("metrics: the shared series stays when one that is named as it is taken away", "[metrics]") {
  Registry registry;
  const auto family = registry.gauges("a", "A.", {"x"}, 1);
  family.with({"other"}).set(1);
  const Gauge shared = family.with({"too many"});
  family.remove({"other"});
  shared.set(2);
  CHECK(registry.scrape(Format::text) == "# HELP a A.\n# TYPE a gauge\na{x=\"other\"} 2\n");
}

TEST_CASE("metrics: what is known only when asked for is asked for at each scrape", "[metrics]") {
  Registry registry;
  int scrapes = 0;
  registry.before_scrape([&, gauge = registry.gauge("a", "A.")] { gauge.set(++scrapes); });
  CHECK(registry.scrape(Format::text).ends_with("a 1\n"));
  CHECK(registry.scrape(Format::text).ends_with("a 2\n"));
}

TEST_CASE("metrics: counted from many threads while scraped", "[metrics]") {
  Registry registry;
  const auto family = registry.counters("a_total", "A.", {"x"}, 4);
  const auto times = registry.histogram("b_seconds", "B.", {1});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, name = std::to_string(i)] {
      for (int n = 0; n < 1000; ++n) {
        family.with({name}).add();
        times.observe(n);
      }
    });
  }
  for (int i = 0; i < 20; ++i) CHECK(registry.scrape(Format::openmetrics).ends_with("# EOF\n"));
  for (auto& thread : threads) thread.join();
  for (const char* name : {"0", "1", "2", "3"}) CHECK(family.with({name}).value() == 1000);
  CHECK(registry.scrape(Format::text).find("b_seconds_count 4000\n") != std::string::npos);
}

}  // namespace
}  // namespace triaged::metrics

// bench_scrape [SERVICES]: a scrape of /metrics with so many (2,000) services, five series each; the RESULT line says
// how long the slowest of twenty takes.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/measure.hpp"
#include "connectors/metrics/registry.hpp"

int main(int argc, char** argv) {
  using triaged::metrics::Format;
  const std::size_t services = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 2000;
  triaged::metrics::Registry registry;
  const auto up = registry.gauges("triaged_service_up", "Up.", {"service"}, services);
  const auto ratio =
      registry.gauges("triaged_service_availability_ratio", "Availability.", {"service", "window"}, services * 3);
  const auto budget = registry.gauges("triaged_service_error_budget_remaining_ratio", "Budget.", {"service"}, services);
  for (std::size_t i = 0; i < services; ++i) {
    const std::string name = "core-" + std::to_string(i);
    up.with({name}).set(1);
    for (const char* window : {"7d", "30d", "90d"}) ratio.with({name, window}).set(1 - static_cast<double>(i) * 1e-6);
    budget.with({name}).set(static_cast<double>(i) * 1e-5);
  }
  double slowest = 0;
  std::size_t bytes = 0;
  for (int i = 0; i < 20; ++i) {
    const bench::Stopwatch stopwatch;
    bytes = registry.scrape(i % 2 == 0 ? Format::text : Format::openmetrics).size();
    slowest = std::max(slowest, stopwatch.wall());
  }
  std::printf("RESULT scrape_ms=%.2f services=%zu series=%zu bytes=%zu\n", slowest * 1000, services, services * 5,
              bytes);
}

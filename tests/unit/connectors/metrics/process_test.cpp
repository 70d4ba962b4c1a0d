#include "connectors/metrics/process.hpp"

#include <cstdlib>
#include <string>

#include <catch2/catch.hpp>

namespace triaged::metrics {
namespace {

double value_of(const std::string& scrape, const std::string& name) {
  const auto at = scrape.find("\n" + name + " ");
  REQUIRE(at != std::string::npos);
  return std::strtod(scrape.c_str() + at + name.size() + 2, nullptr);
}

TEST_CASE("metrics: the process tells about itself", "[metrics]") {
  Registry registry;
  add_process_metrics(registry);
  const std::string scrape = registry.scrape(Format::text);
  CHECK(value_of(scrape, "process_resident_memory_bytes") > 1e6);
  CHECK(value_of(scrape, "process_virtual_memory_bytes") > value_of(scrape, "process_resident_memory_bytes"));
  CHECK(value_of(scrape, "process_threads") >= 1);
  CHECK(value_of(scrape, "process_open_fds") >= 3);
  CHECK(value_of(scrape, "process_max_fds") >= value_of(scrape, "process_open_fds"));
  CHECK(value_of(scrape, "process_start_time_seconds") > 1.7e9);
  CHECK(value_of(scrape, "process_cpu_seconds_total") >= 0);
  CHECK(registry.scrape(Format::openmetrics).find("\n# UNIT process_cpu_seconds seconds\n") != std::string::npos);
}

}  // namespace
}  // namespace triaged::metrics

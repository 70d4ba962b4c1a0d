// What every Prometheus client tells about its own process (process_*), from Linux's /proc.
#pragma once

#include "connectors/metrics/registry.hpp"

namespace triaged::metrics {

/// Read at each scrape: processor time, memory, file descriptors, threads, start. What /proc does not tell stays 0.
void add_process_metrics(Registry& registry);

}  // namespace triaged::metrics

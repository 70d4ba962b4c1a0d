// Tells what happens: to the log and to the metrics, in one go.
#pragma once

#include "connectors/metrics/registry.hpp"
#include "daemon/telemetry/events.hpp"
#include "daemon/telemetry/logger.hpp"
#include "daemon/telemetry/metrics.hpp"

namespace triaged::telemetry {

/// Thread-safe. Lives as long as the process's parts do; the registry must not be scraped after it.
class Telemetry {
 public:
  Telemetry(metrics::Registry& registry, Metrics& metrics, Logger& logger) : metrics_(metrics), logger_(logger) {
    registry.before_scrape([&metrics, &logger] {
      metrics.log_dropped.raise_to(static_cast<double>(logger.dropped()));
      metrics.log_suppressed.raise_to(static_cast<double>(logger.suppressed()));
    });
  }

  template <class Event>
  void tell(const Event& event) const {
    if constexpr (requires { event.count(metrics_, Time{}); }) event.count(metrics_, logger_.read_clock().wall);
    if (logger_.enabled(Event::kLevel)) logger_.write(event.line());
  }

  [[nodiscard]] Metrics& metrics() const { return metrics_; }
  [[nodiscard]] Logger& logger() const { return logger_; }

 private:
  Metrics& metrics_;
  Logger& logger_;
};

}  // namespace triaged::telemetry

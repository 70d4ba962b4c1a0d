// Alerts of the common workload's shape, each with labels of its own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace bench {

struct MadeAlert {
  using Pairs = std::vector<std::pair<const char*, std::string>>;
  Pairs labels;
  Pairs annotations;
};

inline std::string padded(std::uint64_t number, std::size_t width) {
  std::string digits = std::to_string(number);
  return std::string(width - std::min(width, digits.size()), '0') + digits;
}

/// The same number gives the same alert; those of 2,000 services, 500 each, are a million.
inline MadeAlert make_alert(std::uint64_t number) {
  constexpr std::uint64_t kServices = 2000;
  static constexpr const char* kNames[] = {"HighErrorRate", "HighLatency", "QueueBacklog", "HealthCheckFailed",
                                           "CpuHigh"};
  static constexpr const char* kRegions[] = {"eu-1", "eu-2", "us-1", "us-2", "ap-1"};
  static constexpr const char* kSeverities[] = {"critical", "major", "minor", "warning"};
  const std::uint64_t service_number = number % kServices;
  const std::string service = "core-" + padded(service_number, 4);
  const std::string name = kNames[number / kServices % 5];
  const std::string region = kRegions[service_number % 5];
  const std::string instance = service + "-" + padded(number / kServices, 3) + "." + region + ".example:9100";
  return {
      .labels = {{"alertname", name},
                 {"service", service},
                 {"severity", kSeverities[number / kServices % 4]},
                 {"region", region},
                 {"env", "prod"},
                 {"job", "core-exporter"},
                 {"instance", instance}},
      .annotations = {{"summary", name + " on " + instance},
                      {"description", name + " has been true for more than 2 minutes in " + region + " (tier core)."},
                      {"runbook_url", "https://runbooks.example/" + name}}};
}

}  // namespace bench

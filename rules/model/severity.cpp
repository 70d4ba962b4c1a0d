#include "rules/model/severity.hpp"

#include <string>
#include <utility>

namespace triaged {
namespace {

// What other tools call their levels: Prometheus mixins, syslog, Nagios and Icinga, Zabbix, PagerDuty, Opsgenie.
constexpr std::pair<std::string_view, Severity> kNames[] = {
    {"critical", Severity::critical},  {"emergency", Severity::critical},
    {"fatal", Severity::critical},     {"disaster", Severity::critical},
    {"page", Severity::critical},      {"p1", Severity::critical},
    {"major", Severity::major},        {"error", Severity::major},
    {"high", Severity::major},         {"p2", Severity::major},
    {"minor", Severity::minor},        {"average", Severity::minor},
    {"moderate", Severity::minor},     {"p3", Severity::minor},
    {"warning", Severity::warning},    {"warn", Severity::warning},
    {"low", Severity::warning},        {"p4", Severity::warning},
    {"info", Severity::info},          {"information", Severity::info},
    {"informational", Severity::info}, {"notice", Severity::info},
    {"none", Severity::info},          {"ok", Severity::info},
    {"debug", Severity::info},         {"p5", Severity::info},
};

}  // namespace

Severity parse_severity(std::string_view text) {
  if (text.empty() || text.size() > 16) return Severity::warning;
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  for (const auto& [name, severity] : kNames) {
    if (name == lower) return severity;
  }
  return Severity::warning;
}

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::critical: return "critical";
    case Severity::major: return "major";
    case Severity::minor: return "minor";
    case Severity::warning: return "warning";
    case Severity::info: return "info";
  }
  return "warning";
}

}  // namespace triaged

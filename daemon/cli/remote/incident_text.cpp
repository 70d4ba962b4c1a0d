#include "daemon/cli/remote/incident_text.hpp"

#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "daemon/cli/remote/table.hpp"
#include "daemon/cli/terminal.hpp"

namespace triaged::cli {

namespace {

using wire::JsonValue;

constexpr std::string_view kBold = "\x1b[1m";

/// Nothing of somebody else's steers the terminal.
std::string safe(std::string_view text) { return fit(text, SIZE_MAX); }

std::string joined(const JsonValue& list) {
  std::string text;
  for (const auto& item : list.items()) text += (text.empty() ? "" : ", ") + item.text();
  return text;
}

/// alertname first, then the others: `HostDown host="a" region="eu"`.
std::string labels_text(const JsonValue& labels) {
  std::string text = labels["alertname"].text();
  for (const auto& [name, value] : labels.members()) {
    if (name != "alertname") text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : " ", name, value.text());
  }
  return text;
}

const std::string& cause_of(const JsonValue& incident) {
  const auto& root = incident["root"]["service"].text();
  if (!root.empty() || incident["services"].items().empty()) return root;
  return incident["services"].items().front().text();
}

void add_line(std::string& out, std::string_view name, const std::string& text) {
  if (!text.empty()) out += fmt::format("{:<14}{}\n", name, safe(text));
}

void add_times(std::string& out, const JsonValue& incident) {
  for (const auto& [name, field] : {std::pair{"started", "startedAt"},
                                    {"ended", "endedAt"},
                                    {"opened", "openedAt"},
                                    {"acknowledged", "acknowledgedAt"},
                                    {"resolved", "resolvedAt"},
                                    {"closed", "closedAt"},
                                    {"updated", "updatedAt"}}) {
    add_line(out, name, short_time(incident[field].text()));
  }
}

std::string what_happened(const JsonValue& entry) {
  if (const auto& command = entry["command"]; !command.is_null()) {
    auto text = fmt::format("{} by {}", command.text(), entry["actor"].text());
    for (const auto* field : {"assignee", "team", "into", "newIncident", "text"}) {
      if (!entry[field].is_null()) text += fmt::format(", {}", entry[field].text());
    }
    if (!entry["accepted"].is_true()) text += ": refused, " + entry["reason"].text();
    return text;
  }
  auto text = fmt::format("{}: {}, {}, {} alerts", entry["change"].text(), entry["state"].text(),
                          entry["priority"].text(), entry["alertCount"].text());
  if (!entry["root"].is_null()) text += ", cause " + entry["root"].text();
  return text;
}

}  // namespace

std::string incident_table(const std::vector<JsonValue>& incidents) {
  Table table({"ID", "PRIO", "STATE", "STARTED", "ALERTS", "ASSIGNEE", "CAUSE", "TITLE"});
  for (const auto& incident : incidents) {
    const auto& priority = incident["priority"].text();
    const auto& assignee = incident["assignee"].is_null() ? incident["team"] : incident["assignee"];
    table.add({{incident["id"].text()},
               {priority, priority_colour(priority)},
               {incident["state"].text()},
               {short_time(incident["startedAt"].text())},
               {incident["alertCount"].text()},
               {assignee.text()},
               {cause_of(incident)},
               {incident["title"].text()}});
  }
  return render(table);
}

std::string incident_text(const JsonValue& incident, const std::vector<JsonValue>& timeline) {
  const auto& priority = incident["priority"].text();
  std::string out = fmt::format("{} {}\n", painted(kBold, safe(incident["id"].text())),
                                painted(kBold, safe(incident["title"].text())));
  out += fmt::format("{:<14}{}{}\n", "priority", painted(priority_colour(priority), safe(priority)),
                     incident["major"].is_true() ? ", major" : "");
  add_line(out, "state", incident["state"].text());
  add_line(out, "severity", incident["severity"].text());
  add_line(out, "cause", incident["root"]["service"].text());
  add_line(out, "why", incident["root"]["why"].text());
  add_line(out, "services", joined(incident["services"]));
  add_line(out, "customers", joined(incident["customers"]));
  add_line(out, "team", incident["team"].text());
  add_line(out, "assignee", incident["assignee"].text());
  add_line(out, "rule", incident["rule"].text());
  add_line(out, "runbook", incident["runbook"].text());
  add_line(out, "changes", joined(incident["changes"]));
  add_line(out, "merged into", incident["mergedInto"].text());
  add_times(out, incident);

  Table alerts({"FINGERPRINT", "STATE", "SINCE", "ALERT"});
  for (const auto& alert : incident["alerts"].items()) {
    alerts.add({{alert["fingerprint"].text()},
                {alert["state"].text()},
                {short_time(alert["startsAt"].text())},
                {labels_text(alert["labels"])}});
  }
  out += fmt::format("\n{} of {} alerts\n{}", incident["alerts"].items().size(), incident["alertCount"].text(),
                     render(alerts));

  Table history({"AT", "WHAT"});
  for (const auto& entry : timeline) history.add({{short_time(entry["at"].text())}, {what_happened(entry)}});
  return out + "\n" + render(history);
}

}  // namespace triaged::cli

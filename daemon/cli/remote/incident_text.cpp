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

std::string alerts_counted(std::string_view count) { return fmt::format("{} alert{}", count, count == "1" ? "" : "s"); }

/// "assign by ann: assignee bob, team shop"
std::string what_was_asked(const JsonValue& entry) {
  const auto& command = entry["command"].text();
  auto text = fmt::format("{} by {}", command, entry["actor"].text());
  std::string details;
  const auto add = [&](const std::string& detail) { details += (details.empty() ? ": " : ", ") + detail; };
  if (command == "merge") add(fmt::format("{} into {}", entry["incident"].text(), entry["into"].text()));
  if (const auto alerts = joined(entry["alerts"]); !alerts.empty()) add("alerts " + alerts);
  if (!entry["newIncident"].is_null()) {
    add(fmt::format("out of {} to {}", entry["incident"].text(), entry["newIncident"].text()));
  }
  for (const auto* field : {"assignee", "team"}) {
    if (!entry[field].is_null()) add(fmt::format("{} {}", field, entry[field].text()));
  }
  if (!entry["text"].is_null()) add(entry["text"].text());
  text += details;
  if (!entry["accepted"].is_true()) return text + "; refused: " + entry["reason"].text();
  return entry["repeated"].is_true() ? text + "; was done before" : text;
}

/// Of a revision, what is other than it was in the one before.
std::string what_changed(const JsonValue& entry, const JsonValue* before, bool asked) {
  std::vector<std::string> differences;
  const auto changed = [&](const char* field) {
    return before == nullptr || (*before)[field].text() != entry[field].text();
  };
  const auto was = [&](const char* field) {
    return before == nullptr ? std::string() : fmt::format(" (was {})", (*before)[field].text());
  };
  if (changed("state") && entry["state"].text() != entry["change"].text()) {
    differences.push_back(entry["state"].text());
  }
  if (changed("priority")) differences.push_back(entry["priority"].text() + was("priority"));
  if (changed("alertCount")) {
    differences.push_back(alerts_counted(entry["alertCount"].text()) + was("alertCount"));
  }
  if (const auto& root = entry["root"]; !root.is_null()) {
    differences.push_back(root.text().empty() ? "cause unknown" : "cause " + root.text());
  }
  if (before != nullptr && !entry["title"].is_null()) differences.push_back("title " + entry["title"].text());
  std::string text = entry["change"].text();
  if (differences.empty()) {
    if (text == "updated") text += asked ? ": as was asked" : ": severity, services, or what its alerts say";
    return text;
  }
  for (const auto& difference : differences) text += (&difference == &differences.front() ? ": " : ", ") + difference;
  return text;
}

std::string history_table(const std::vector<JsonValue>& timeline) {
  Table history({"AT", "WHAT"});
  const JsonValue* before = nullptr;
  bool asked = false;  // since then, and done
  for (const auto& entry : timeline) {
    const bool command = !entry["command"].is_null();
    history.add(
        {{short_time(entry["at"].text())}, {command ? what_was_asked(entry) : what_changed(entry, before, asked)}});
    asked = command && (asked || (entry["accepted"].is_true() && !entry["repeated"].is_true()));
    if (!command) before = &entry;
  }
  return render(history);
}

}  // namespace

std::string incident_table(const std::vector<JsonValue>& incidents) {
  Table table({"ID", "PRIO", "STATE", "STARTED", "ALERTS", "ASSIGNEE", "CAUSE", "TITLE"});
  for (const auto& incident : incidents) {
    const auto& priority = incident["priority"].text();
    table.add({{incident["id"].text()},
               {priority, priority_colour(priority)},
               {incident["state"].text()},
               {short_time(incident["startedAt"].text())},
               {incident["alertCount"].text()},
               {incident["assignee"].text()},
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

  Table alerts({"FINGERPRINT", "STATE", "STARTED", "ENDED", "ALERT"});
  for (const auto& alert : incident["alerts"].items()) {
    alerts.add({{alert["fingerprint"].text()},
                {alert["state"].text()},
                {short_time(alert["startsAt"].text())},
                {short_time(alert["endsAt"].text())},
                {labels_text(alert["labels"])}});
  }
  out += fmt::format("\n{} of {}\n{}", incident["alerts"].items().size(), alerts_counted(incident["alertCount"].text()),
                     render(alerts));
  return out + "\n" + history_table(timeline);
}

}  // namespace triaged::cli

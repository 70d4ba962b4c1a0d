#include "tests/support/outcome.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "connectors/wire/document_writer.hpp"

namespace triaged::test {
namespace {

std::string readable(LabelsView labels) {
  std::string text = "{";
  for (const auto& [name, value] : labels) {
    if (text.size() > 1) text += ", ";
    text.append(name).append("=").append(value);
  }
  return text + "}";
}

std::string describe(const IncidentDocument& document, const std::set<std::string>& members) {
  std::string text = "rule " + document.rule + ", root ";
  text += document.root ? document.root->service : "(none)";
  text += ", ";
  wire::append_time(text, document.started_at);
  text += " to ";
  if (document.ended_at) {
    wire::append_time(text, *document.ended_at);
  } else {
    text += "(open)";
  }
  text += '\n';
  for (const auto& member : members) text += "  " + member + '\n';
  return text;
}

}  // namespace

std::map<AlertStart, IncidentKey> final_homes(const Effects& effects) {
  std::map<AlertStart, const Membership*> told;
  for (const auto& membership : effects.memberships) {
    told[{std::string(membership.labels.bytes()), membership.starts_at}] = &membership;
  }
  // Leaving an incident without joining another is no membership; the alert's own record says so.
  for (const auto& record : effects.alerts) {
    const auto found = told.find({std::string(record.labels.bytes()), record.starts_at});
    if (found != told.end() && !record.reason.empty() && record.at > found->second->at) told.erase(found);
  }
  std::map<AlertStart, IncidentKey> homes;
  for (const auto& [alert, membership] : told) homes[alert] = membership->incident;
  return homes;
}

std::string outcome(const Effects& effects) {
  std::map<IncidentKey, const IncidentDocument*> last;
  for (const auto& document : effects.incidents) last[document.key] = &document;
  std::map<IncidentKey, std::set<std::string>> members;
  for (const auto& [alert, incident] : final_homes(effects))
    members[incident].insert(readable(LabelsView(alert.first)));
  std::vector<std::string> paragraphs;
  for (const auto& [key, document] : last) {
    if (!members[key].empty()) paragraphs.push_back(describe(*document, members[key]));
  }
  std::sort(paragraphs.begin(), paragraphs.end());
  std::string text;
  for (const auto& paragraph : paragraphs) text += paragraph;
  return text;
}

}  // namespace triaged::test

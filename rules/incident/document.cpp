// From what the engine remembers of an incident to the document that it publishes.
#include <algorithm>
#include <string_view>

#include <boost/container/small_vector.hpp>

#include "rules/incident/incident_table.hpp"
#include "rules/incident/priority.hpp"
#include "rules/incident/root_cause.hpp"

namespace triaged {
namespace {

using Names = boost::container::small_vector<std::string_view, 8>;

/// In order, each once.
std::vector<std::string> in_order(Names& names) {
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  return {names.begin(), repeated.begin()};
}

}  // namespace

std::uint8_t IncidentTable::impact(const IncidentRow& row) const {
  std::uint8_t impact = row.summary.services.empty() ? 2 : 3;
  for (const ServiceId id : row.summary.services) {
    const bool known = alerts_->services().known(id);
    impact = std::min(impact, known ? impact_of_tier(bundle_->catalogue.services[index(id)].tier) : std::uint8_t{2});
  }
  return impact;
}

std::uint64_t IncidentTable::ever_joined(const IncidentRow& row) const {
  if (row.left.empty()) return row.summary.label_sets.size();
  std::vector<std::uint64_t> all = row.left;
  if (!row.members.empty()) {
    for (const VariantId v : row.summary.label_sets) all.push_back(alerts_->variant(v).hash);
  }
  std::ranges::sort(all);
  return static_cast<std::uint64_t>(std::ranges::unique(all).begin() - all.begin());
}

void IncidentTable::fill(const IncidentRow& row, Time clock, IncidentDocument& document) const {
  document.key = {shard_, row.number};
  document.revision = row.revision;
  document.state = row.state;
  document.severity = row.severity;
  document.impact = impact(row);
  document.urgency = urgency_of(row.severity);
  document.priority = priority_of(document.impact, document.urgency);
  document.major = document.priority == 1;
  document.rule = (*rules_)[row.rule].name;
  document.labels = row.summary.common;
  document.alert_count = ever_joined(row);
  document.started_at = row.summary.first_start == kNever ? row.opened_at : row.summary.first_start;
  document.opened_at = row.opened_at;
  document.updated_at = clock;
  if (row.state == IncidentState::resolved || row.state == IncidentState::closed) {
    document.resolved_at = row.resolved_at;
    const Time end = row.members.empty() ? row.hand().ended_at : end_of(row);
    if (end != Time{} && end != kNever) document.ended_at = end;
  }
  if (row.state == IncidentState::closed) document.closed_at = row.closed_at;
  if (row.state == IncidentState::merged && rows_.has(row.merged_into)) {
    document.merged_into = IncidentKey{shard_, rows_[row.merged_into].number};
  }
  fill_from_services(row, document);
  fill_alerts(row, document);
  fill_root(row, document);
  for (const SymbolId change : row.changes) document.changes.push_back(alerts_->symbols().text(change));
  document.title = title(row, document);
  const CorrelationRule& rule = (*rules_)[row.rule];
  document.evidence.push_back({rule.name, rule.origin.file, rule.origin.line, rule_why(row)});
  fill_hand_work(row.hand(), document);
}

void IncidentTable::fill_hand_work(const HandWork& hand, IncidentDocument& document) {
  document.assignee = hand.assignee;
  if (!hand.team.empty()) document.team = hand.team;
  if (hand.acknowledged_at != Time{}) document.acknowledged_at = hand.acknowledged_at;
  for (const HandWork::Deed& deed : hand.deeds) document.evidence.push_back({deed.what, {}, 0, deed.why});
}

void IncidentTable::fill_from_services(const IncidentRow& row, IncidentDocument& document) const {
  Names services;
  Names items;
  Names customers;
  Names suppliers;
  for (const ItemIndex item : row.summary.items) {
    items.push_back(alerts_->items().name(item));
    if (!alerts_->items().known(item)) continue;
    const std::string& supplier = bundle_->catalogue.items[item].supplier;
    if (!supplier.empty()) suppliers.push_back(supplier);
  }
  for (const ServiceId id : row.summary.services) {
    services.push_back(alerts_->services().name(id));
    if (!alerts_->services().known(id)) continue;
    const Service& service = bundle_->catalogue.services[index(id)];
    items.insert(items.end(), service.runs_on.begin(), service.runs_on.end());
    customers.insert(customers.end(), service.customers.begin(), service.customers.end());
    if (!service.supplier.empty()) suppliers.push_back(service.supplier);
  }
  document.services = in_order(services);
  document.configuration_items = in_order(items);
  document.customers = in_order(customers);
  document.suppliers = in_order(suppliers);
}

void IncidentTable::fill_alerts(const IncidentRow& row, IncidentDocument& document) const {
  document.alerts.reserve(row.summary.telling.size());
  for (const VariantId v : row.summary.telling) {
    const Variant& variant = alerts_->variant(v);
    const Alert& alert = alerts_->alert(variant.alert);
    IncidentAlert& shown = document.alerts.emplace_back();
    shown.fingerprint = variant.fingerprint;
    shown.labels = variant.labels;
    // A label set can fire more than once in one incident: what is shown is its newest time here.
    for (const Instance& instance : variant.instances) {
      if (!instance.fired || instance.episode == kNoEpisode) continue;
      const IncidentId home = alerts_->episode(instance.episode).incident;
      if (row.members.empty() || (rows_.has(home) && &rows_[home] == &row)) {
        shown.firing = instance.firing();
        shown.starts_at = instance.start;
        shown.ends_at = instance.end;
      }
    }
    shown.flapping = alert.flapping;
  }
}

void IncidentTable::fill_root(const IncidentRow& row, IncidentDocument& document) const {
  if (row.candidates.empty()) return;
  RootCause& root = document.root.emplace();
  root.candidates.reserve(row.candidates.size());
  for (const RankedService& candidate : row.candidates) {
    std::string_view alert_name;
    for (const VariantId v : row.summary.telling) {
      const Alert& alert = alerts_->alert(alerts_->variant(v).alert);
      if (alert.service != candidate.service) continue;
      alert_name = alerts_->symbols().text(alert.name);
      if (root.candidates.empty()) root.alert = alerts_->variant(v).fingerprint;
      break;
    }
    root.candidates.push_back({alerts_->services().name(candidate.service), candidate.score,
                               why(candidate, alert_name, row.summary.services.size() == 1)});
  }
  root.service = root.candidates.front().service;
  root.why = root.candidates.front().why;

  const ServiceId cause = row.candidates.front().service;
  if (alerts_->services().known(cause)) {
    const Service& service = bundle_->catalogue.services[index(cause)];
    document.team = service.owner;
    document.runbook = service.runbook;
  }
  if (document.runbook.empty() && !row.summary.telling.empty()) {
    document.runbook = alerts_->variant(row.summary.telling.front()).annotations.get("runbook_url");
  }
}

std::string IncidentTable::title(const IncidentRow& row, const IncidentDocument& document) const {
  const std::string root = document.root ? document.root->service : std::string();
  if (titles_[row.rule]) {
    LabelsBuilder labels(document.labels);
    if (document.services.size() == 1) labels.set("service", document.services.front());
    if (auto text = titles_[row.rule]->render(labels.build(), root, document.alert_count)) return *std::move(text);
  }
  std::string title;
  if (!row.summary.telling.empty()) {
    const Alert& alert = alerts_->alert(alerts_->variant(row.summary.telling.front()).alert);
    if (root.empty() || alerts_->services().name(alert.service) == root) title = alerts_->symbols().text(alert.name);
  }
  if (title.empty()) title = "Alerts";
  if (!root.empty()) title += (document.root->alert ? " on " : " behind ") + root;
  if (!document.alerts.empty() && document.alerts.front().flapping) title += ", flapping";
  if (document.services.size() > 1) title += ", " + std::to_string(document.services.size()) + " services affected";
  return title;
}

std::string IncidentTable::rule_why(const IncidentRow& row) const {
  const CorrelationRule& rule = (*rules_)[row.rule];
  if (const auto* labels = std::get_if<ByLabels>(&rule.by)) {
    std::string text = "same";
    std::string_view values = row.group;
    text.reserve(text.size() + values.size() + 32 * labels->labels.size());
    for (const std::string& label : labels->labels) {
      const auto end = values.find('\xFF');
      text.append(" ").append(label).append("=\"").append(values.substr(0, end)).append("\"");
      values.remove_prefix(end == std::string_view::npos ? values.size() : end + 1);
    }
    if (labels->join == ByLabels::Join::timespan) text += ", starts within " + brief(rule.timespan) + " of each other";
    return text;
  }
  const auto& topology = std::get<ByTopology>(rule.by);
  const std::size_t services = row.summary.services.size();
  return "one fault explains " + std::to_string(services) + (services == 1 ? " service" : " services") + " within " +
         std::to_string(topology.hops) + " hops and " + brief(rule.timespan);
}

}  // namespace triaged

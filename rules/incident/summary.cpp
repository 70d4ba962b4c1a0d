// What a document shows of an incident's members, kept up as members come.
#include <algorithm>
#include <tuple>
#include <utility>

#include "rules/incident/incident_table.hpp"

namespace triaged {
namespace {

/// Keeps `sorted` sorted and free of duplicates; says whether `value` was new.
template <class T>
bool insert_sorted(std::vector<T>& sorted, T value) {
  const auto at = std::ranges::lower_bound(sorted, value);
  if (at != sorted.end() && *at == value) return false;
  sorted.insert(at, value);
  return true;
}

/// Leaves in `common` what `labels` has too.
void keep_shared(SharedLabels& common, LabelsView labels) {
  std::string both;
  auto other = labels.begin();
  for (const LabelPair& label : common) {
    while (other != labels.end() && other->name < label.name) ++other;
    if (other == labels.end()) break;
    if (*other != label) continue;
    both.append(label.name).push_back('\xFF');
    both.append(label.value).push_back('\xFF');
  }
  if (both.size() != common.bytes().size()) common = SharedLabels(LabelsView(both));
}

}  // namespace

bool IncidentTable::add_to_summary(IncidentRow& row, EpisodeId id, bool told) {
  const Episode& episode = alerts_->episode(id);
  const Alert& alert = alerts_->alert_of(id);
  MemberSummary& summary = row.summary;
  bool shown = episode.start < summary.first_start || episode.severity > summary.severity;
  summary.first_start = std::min(summary.first_start, episode.start);
  summary.last_start = std::max(summary.last_start, episode.start);
  summary.severity = std::max(summary.severity, episode.severity);
  summary.opened = summary.opened || episode.opens;
  if (alert.service != kNoService) shown |= insert_sorted(summary.services, alert.service);
  for (const ItemIndex item : alert.items) shown |= insert_sorted(summary.items, item);
  return add_label_sets(row, id, told) || shown;
}

bool IncidentTable::add_label_sets(IncidentRow& row, EpisodeId id, bool told) {
  MemberSummary& summary = row.summary;
  bool added = false;
  alerts_->for_each_instance(id, [&](VariantId v, const Instance& instance) {
    if (told && instance.announced != row.number) return;
    const bool first = summary.label_sets.empty();
    if (!insert_sorted(summary.label_sets, v)) return;
    added = true;
    const SharedLabels& labels = alerts_->variant(v).labels;
    if (first) {
      summary.common = labels;
    } else {
      keep_shared(summary.common, labels);
    }
    const auto at =
        std::ranges::upper_bound(summary.telling, v, [&](VariantId x, VariantId y) { return more_telling(row, x, y); });
    if (at == summary.telling.end() && summary.telling.size() >= kShownAlerts) return;
    summary.telling.insert(at, v);
    if (summary.telling.size() > kShownAlerts) summary.telling.pop_back();
  });
  return added;
}

void IncidentTable::sum_up(IncidentRow& row) {
  row.summary = MemberSummary{};
  for (const EpisodeId member : row.members) add_to_summary(row, member);
}

MemberSummary IncidentTable::told_summary(IncidentRow& row, EpisodeId leaving, EpisodeId heir) {
  MemberSummary now = std::exchange(row.summary, MemberSummary{});
  for (EpisodeId member : row.members) {
    if (member == leaving && heir != kNoEpisode) member = heir;
    bool told = false;
    alerts_->for_each_instance(
        member, [&](VariantId, const Instance& instance) { told = told || instance.announced == row.number; });
    if (told) add_to_summary(row, member, true);
  }
  return std::exchange(row.summary, std::move(now));
}

bool IncidentTable::more_telling(const IncidentRow& row, VariantId a, VariantId b) const {
  const ServiceId root = row.candidates.empty() ? kNoService : row.candidates.front().service;
  const auto rank = [&](VariantId v) {
    const Variant& variant = alerts_->variant(v);
    const bool at_root = root != kNoService && alerts_->alert(variant.alert).service == root;
    const Time start = variant.instances.empty() ? kNever : variant.instances.front().start;
    return std::tuple(!at_root, -static_cast<int>(variant.severity), start);
  };
  const auto x = rank(a);
  const auto y = rank(b);
  if (x != y) return x < y;
  return alerts_->variant(a).labels.bytes() < alerts_->variant(b).labels.bytes();
}

void IncidentTable::rank_telling(IncidentRow& row) {
  MemberSummary& summary = row.summary;
  summary.telling = summary.label_sets;
  const auto shown = static_cast<std::ptrdiff_t>(std::min(summary.telling.size(), kShownAlerts));
  std::partial_sort(summary.telling.begin(), summary.telling.begin() + shown, summary.telling.end(),
                    [&](VariantId x, VariantId y) { return more_telling(row, x, y); });
  summary.telling.resize(static_cast<std::size_t>(shown));
}

}  // namespace triaged

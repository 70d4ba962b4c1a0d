// What nobody needs any more goes, and how much there is.
#include <algorithm>

#include "rules/dedup/alert_table.hpp"
#include "rules/model/accounting.hpp"
#include "rules/model/hash.hpp"

namespace triaged {
namespace {

std::size_t drop_if(auto& sequence, auto condition) {
  const auto gone = std::ranges::remove_if(sequence, condition);
  const std::size_t count = gone.size();
  sequence.erase(gone.begin(), gone.end());
  return count;
}

}  // namespace

std::uint64_t AlertTable::bytes() const {
  using namespace accounting;
  // Every label set has room for one firing.
  const std::uint64_t more = instances_ - std::min<std::uint64_t>(instances_, variants_.size());
  return variants_.size() * kLabelSet + label_bytes_ + more * kFiring + alerts_.size() * kAlert +
         episodes_.size() * kEpisode + name_bytes();
}

bool AlertTable::knows(LabelsView labels) const { return find(labels, hash_bytes(labels.bytes())) != kNoVariant; }

void AlertTable::annotate(Variant& variant, LabelsView annotations) {
  label_bytes_ -= variant.annotations.bytes().size();
  variant.annotations = SharedLabels(annotations);
  label_bytes_ += annotations.bytes().size();
}

void AlertTable::remove_variant(VariantId id) {
  label_bytes_ -= label_bytes(variants_[id]);
  instances_ -= variants_[id].instances.size();
  by_labels_.erase(id);
  variants_.remove(id);
}

std::vector<AlertId> AlertTable::over() const {
  std::vector<std::pair<Time, AlertId>> found;
  alerts_.for_each([&](AlertId id, const Alert& alert) {
    Time end = Time::min();
    for (const EpisodeId at : alert.episodes) {
      const Episode& episode = episodes_[at];
      if (!episode.closed || episode.incident != kNoIncident || episode.pins != 0) return;
      end = std::max(end, episode.end);
    }
    if (!alert.episodes.empty()) found.emplace_back(end, id);
  });
  std::ranges::sort(found);
  std::vector<AlertId> ids;
  ids.reserve(found.size());
  for (const auto& [end, id] : found) ids.push_back(id);
  return ids;
}

void AlertTable::on_forget(AlertId id, Time clock, std::vector<AlertChange>& changes) {
  if (alerts_.has(id)) forget(id, clock - bundle_->settings.allowed_lateness, clock, changes);
}

void AlertTable::forget(AlertId id, Time horizon, Time clock, std::vector<AlertChange>& changes) {
  Alert& alert = alerts_[id];
  bool told = false;
  for (VariantId v = alert.first; v != kNoVariant; v = variants_[v].next) told |= tell_unseen(v, horizon, changes);
  if (told) {
    // It goes when the record is out.
    timers_->arm(clock + std::max<Duration>(bundle_->settings.allowed_lateness, std::chrono::seconds(1)),
                 TimerKind::forget, static_cast<std::uint32_t>(id));
    return;
  }
  drop_if(alert.episodes, [&](EpisodeId at) {
    const Episode& episode = episodes_[at];
    if (!episode.closed || episode.incident != kNoIncident || episode.pins != 0) return false;
    if (episode.end + bundle_->settings.flap_hold > horizon) return false;
    for (VariantId v = alert.first; v != kNoVariant; v = variants_[v].next) {
      instances_ -= drop_if(variants_[v].instances, [&](const Instance& instance) { return instance.episode == at; });
    }
    episodes_.remove(at);
    return true;
  });
  VariantId* link = &alert.first;
  while (*link != kNoVariant) {
    Variant& variant = variants_[*link];
    instances_ -= drop_if(variant.instances, [&](const Instance& instance) {
      return instance.episode == kNoEpisode && variant.resolved_at <= horizon;
    });
    const VariantId gone = *link;
    const bool speaks = std::ranges::any_of(alert.episodes, [&](EpisodeId at) { return episodes_[at].worst == gone; });
    if (!variant.instances.empty() || speaks) {
      link = &variant.next;
      continue;
    }
    *link = variant.next;
    remove_variant(gone);
  }
  if (alert.first == kNoVariant) {
    by_identity_.erase(id);
    alerts_.remove(id);
  }
}

}  // namespace triaged

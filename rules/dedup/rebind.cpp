// Deduplication under a new bundle.
#include <algorithm>
#include <utility>

#include "rules/dedup/alert_table.hpp"

namespace triaged {

std::pair<std::vector<ServiceId>, std::vector<ItemIndex>> AlertTable::rename(const Catalogue& catalogue) {
  return {services_.rebind(catalogue.services), items_.rebind(catalogue.items)};
}

std::vector<DedupIndex> AlertTable::dedup_successors(const Bundle& next) const {
  std::vector<DedupIndex> now(bundle_->dedup.size(), kGoneDedup);
  for (std::size_t i = 0; i < now.size(); ++i) {
    const DedupRule& rule = bundle_->dedup[i];
    const auto at = std::ranges::find_if(
        next.dedup, [&](const DedupRule& other) { return other.name == rule.name && other.ignore == rule.ignore; });
    if (at != next.dedup.end()) now[i] = static_cast<std::uint32_t>(at - next.dedup.begin());
  }
  return now;
}

void AlertTable::rebind(const Bundle& bundle, const std::vector<SourceIndex>& sources, Time clock) {
  const EngineSettings before = bundle_->settings;
  bundle_ = &bundle;
  enricher_ = Enricher(bundle.catalogue);
  std::vector<Source> now(bundle.sources.size());
  for (std::size_t i = 0; i < sources.size() && i < sources_.size(); ++i) {
    if (sources[i] < now.size()) now[sources[i]] = sources_[i];
  }
  sources_ = std::move(now);
  // What was armed by other durations may look too early, and then never again.
  if (before.flap_hold != bundle.settings.flap_hold || before.allowed_lateness != bundle.settings.allowed_lateness) {
    rearm(clock);
  }
}

void AlertTable::rearm(Time clock) {
  const EngineSettings& settings = bundle_->settings;
  episodes_.for_each([&](EpisodeId id, const Episode& episode) {
    if (episode.firing > 0) return;
    if (episode.closed) return release(id, clock);
    timers_->arm(std::max(clock, episode.end + settings.flap_hold), TimerKind::episode_close,
                 static_cast<std::uint32_t>(id));
  });
  alerts_.for_each([&](AlertId id, const Alert& alert) {
    if (!alert.episodes.empty()) return;
    timers_->arm(clock + 2 * settings.allowed_lateness, TimerKind::forget, static_cast<std::uint32_t>(id));
  });
}

bool AlertTable::keeps(LabelsView labels) const {
  LabelsBuilder builder(labels);
  return bundle_->relabeler.apply(builder) && !builder.pairs().empty();
}

}  // namespace triaged

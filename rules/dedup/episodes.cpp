// Instances of an alert → episodes: runs with no gap longer than the flap hold, by event time.
#include <algorithm>

#include "rules/dedup/alert_table.hpp"

namespace triaged {
namespace {

Time plus(Time time, Duration duration) { return time == kNever ? kNever : time + duration; }

}  // namespace

void AlertTable::place(VariantId id, std::size_t at, Time clock, std::vector<AlertChange>& changes) {
  Variant& variant = variants_[id];
  Alert& alert = alerts_[variant.alert];
  Instance& instance = variant.instances[at];
  const Duration hold = bundle_->settings.flap_hold;

  EpisodeId home = kNoEpisode;
  boost::container::small_vector<EpisodeId, 2> bridged;
  for (const EpisodeId other : alert.episodes) {
    const Episode& episode = episodes_[other];
    if (instance.start > plus(episode.end, hold) || episode.start > plus(instance.end, hold)) continue;
    if (home == kNoEpisode) {
      home = other;
    } else {
      bridged.push_back(other);
    }
  }
  if (home == kNoEpisode) {
    home = episodes_.add({.alert = variant.alert, .start = instance.start, .end = instance.end, .arrived = clock});
    const auto place_of = std::upper_bound(alert.episodes.begin(), alert.episodes.end(), instance.start,
                                           [&](Time start, EpisodeId e) { return start < episodes_[e].start; });
    alert.episodes.insert(place_of, home);
    instance.episode = home;
    refresh(home, clock);
    changes.push_back({.kind = AlertChange::Kind::started, .episode = home, .variant = id, .start = instance.start});
    return;
  }
  const bool refired = episodes_[home].firing == 0 && instance.start > episodes_[home].end;
  const bool was_closed = episodes_[home].closed;
  const Time start = episodes_[home].start;
  instance.episode = home;
  const VariantId spoke = episodes_[home].worst;
  for (const EpisodeId other : bridged) join(home, other, changes);
  refresh(home, clock);
  if (episodes_[home].start < start) changes.push_back({.kind = AlertChange::Kind::amended, .episode = home});
  if (was_closed && !episodes_[home].closed) {
    changes.push_back({.kind = AlertChange::Kind::resumed, .episode = home});
  }
  if (episodes_[home].worst != spoke) changes.push_back({.kind = AlertChange::Kind::escalated, .episode = home});
  changes.push_back({.kind = AlertChange::Kind::instance, .episode = home, .variant = id, .start = instance.start});
  if (refired) note_refire(alert, home, instance.start, changes);
}

void AlertTable::join(EpisodeId into, EpisodeId from, std::vector<AlertChange>& changes) {
  Alert& alert = alerts_[episodes_[into].alert];
  for (VariantId v = alert.first; v != kNoVariant; v = variants_[v].next) {
    for (Instance& instance : variants_[v].instances) {
      if (instance.episode == from) instance.episode = into;
    }
  }
  alert.episodes.erase(std::ranges::find(alert.episodes, from));
  Episode& absorbed = episodes_[from];
  absorbed.firing = 0;
  // The row stays until whoever correlates has let go of it; see remove_absorbed().
  changes.push_back({.kind = AlertChange::Kind::absorbed, .episode = into, .other = from});
}

void AlertTable::remove_absorbed(EpisodeId id) { episodes_.remove(id); }

void AlertTable::refresh(EpisodeId id, Time clock) {
  Episode& episode = episodes_[id];
  const Alert& alert = alerts_[episode.alert];
  const std::uint32_t before = episode.firing;
  episode.firing = 0;
  episode.end = Time::min();
  for (VariantId v = alert.first; v != kNoVariant; v = variants_[v].next) {
    for (const Instance& instance : variants_[v].instances) {
      if (instance.episode != id) continue;
      episode.start = std::min(episode.start, instance.start);
      episode.end = std::max(episode.end, instance.end);
      episode.firing += instance.firing() ? 1U : 0U;
      if (episode.worst == kNoVariant || variants_[v].severity > episode.severity) {
        episode.severity = variants_[v].severity;
        episode.worst = v;
        episode.worst_since = instance.start;
      } else if (variants_[v].severity == episode.severity) {
        episode.worst_since = std::min(episode.worst_since, instance.start);
      }
    }
  }
  firing_ += (episode.firing > 0 ? 1U : 0U);
  firing_ -= (before > 0 ? 1U : 0U);
  if (episode.firing > 0) {
    episode.closed = false;
    return;
  }
  // What is over stays over where only its end turns out to be another one.
  if (episode.closed) return;
  timers_->arm(std::max(clock, episode.end + bundle_->settings.flap_hold), TimerKind::episode_close,
               static_cast<std::uint32_t>(id));
}

Severity AlertTable::severity_until(EpisodeId id, Time until) const {
  const Episode& episode = episodes_[id];
  if (episode.worst_since <= until || episode.worst_since == episode.start) return episode.severity;
  Severity highest = Severity::info;
  for (VariantId v = alerts_[episode.alert].first; v != kNoVariant; v = variants_[v].next) {
    for (const Instance& instance : variants_[v].instances) {
      if (instance.episode == id && instance.start <= until) highest = std::max(highest, variants_[v].severity);
    }
  }
  return highest;
}

void AlertTable::on_episode_close(EpisodeId id, Time clock, std::vector<AlertChange>& changes) {
  if (!episodes_.has(id)) return;
  Episode& episode = episodes_[id];
  if (episode.closed || episode.firing > 0 || clock < episode.end + bundle_->settings.flap_hold) return;
  episode.closed = true;
  alerts_[episode.alert].flapping = false;
  alerts_[episode.alert].refires.clear();
  changes.push_back({.kind = AlertChange::Kind::closed, .episode = id});
}

void AlertTable::note_refire(Alert& alert, EpisodeId episode, Time start, std::vector<AlertChange>& changes) {
  std::erase_if(alert.refires, [&](Time at) { return at + bundle_->settings.flap_window < start; });
  alert.refires.push_back(start);
  if (alert.flapping || alert.refires.size() < bundle_->settings.flap_count) return;
  alert.flapping = true;
  changes.push_back({.kind = AlertChange::Kind::flapping, .episode = episode, .start = start});
}

}  // namespace triaged

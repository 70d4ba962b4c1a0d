#include "rules/dedup/alert_table.hpp"

#include <algorithm>

#include "rules/model/hash.hpp"

namespace triaged {
namespace {

// A source that starts its alerts anew with every delivery must not grow an alert without end.
constexpr std::size_t kMostInstances = 32;

Instance* with_start(Variant& variant, Time start) {
  const auto at = std::lower_bound(variant.instances.begin(), variant.instances.end(), start,
                                   [](const Instance& instance, Time wanted) { return instance.start < wanted; });
  return at != variant.instances.end() && at->start == start ? &*at : nullptr;
}

// The only instance that can be firing is the newest one.
Instance* firing_instance(Variant& variant) {
  return !variant.instances.empty() && variant.instances.back().firing() ? &variant.instances.back() : nullptr;
}

std::size_t insert(Variant& variant, Instance instance) {
  const auto at = std::upper_bound(variant.instances.begin(), variant.instances.end(), instance.start,
                                   [](Time wanted, const Instance& other) { return wanted < other.start; });
  const auto placed = variant.instances.insert(at, instance);  // first: it may move them all
  return static_cast<std::size_t>(placed - variant.instances.begin());
}

}  // namespace

AlertTable::AlertTable(const Bundle& bundle, TimerQueue& timers)
    : bundle_(&bundle),
      timers_(&timers),
      enricher_(bundle.catalogue),
      by_labels_(0, VariantHash{&variants_}, VariantEqual{&variants_}),
      by_identity_(0, AlertHash{this}, AlertEqual{this}),
      services_(bundle.catalogue.services),
      items_(bundle.catalogue.items),
      sources_(bundle.sources.size()) {}

VariantId AlertTable::find(LabelsView labels, std::uint64_t hash) const {
  const auto found = by_labels_.find(std::pair{hash, labels});
  return found == by_labels_.end() ? kNoVariant : *found;
}

void AlertTable::index_all() {
  by_labels_.clear();
  by_identity_.clear();
  by_labels_.reserve(variants_.size());
  by_identity_.reserve(alerts_.size());
  label_bytes_ = 0;
  instances_ = 0;
  variants_.for_each([&](VariantId id, const Variant& variant) {
    by_labels_.insert(id);
    label_bytes_ += label_bytes(variant);
    instances_ += variant.instances.size();
  });
  alerts_.for_each([&](AlertId id, const Alert&) { by_identity_.insert(id); });
  sources_.resize(bundle_->sources.size());
}

void AlertTable::receive(const AlertInput& input, Time clock, std::vector<AlertChange>& changes) {
  ++counts_.received;
  const std::uint64_t hash = hash_bytes(input.labels.bytes());
  VariantId id = find(input.labels, hash);
  if (id == kNoVariant) id = create(input, hash, clock, changes);
  Variant& variant = variants_[id];
  variant.source = input.source;
  if (variant.alert == kNoAlert) {
    ++counts_.dropped;
    variant.deadline = clock + bundle_->settings.resolve_timeout;
    return;
  }
  const std::size_t instances = variant.instances.size();
  // An end that lies ahead is a promise to speak again by then, not an end.
  if (input.ends_at && *input.ends_at <= clock) {
    resolve(id, input, clock, changes);
  } else {
    fire(id, input, clock, changes);
  }
  instances_ += variant.instances.size() - instances;
}

VariantId AlertTable::create(const AlertInput& input, std::uint64_t hash, Time clock,
                             std::vector<AlertChange>& changes) {
  // What the daemon itself reports is not the user's to relabel.
  const bool own = input.source == kOwnSource;
  Labels relabelled;
  LabelsView seen = input.labels;
  bool kept = true;
  if (!own && !bundle_->relabeler.empty()) {
    LabelsBuilder builder(input.labels);
    kept = bundle_->relabeler.apply(builder);
    relabelled = builder.build();
    seen = relabelled;
    kept = kept && !seen.empty();
  }
  Variant row;
  row.labels = SharedLabels(input.labels);
  row.hash = hash;
  row.fingerprint = fingerprint(input.labels);
  label_bytes_ += label_bytes(row);
  const VariantId id = variants_.add(std::move(row));
  by_labels_.insert(id);
  if (!kept) {
    variants_[id].deadline = clock + bundle_->settings.resolve_timeout;
    arm_expiry(id);
    changes.push_back({.kind = AlertChange::Kind::dropped, .variant = id});
    return id;
  }
  const Enrichment enrichment = enricher_.enrich(seen);
  Labels with_service;
  if (!enrichment.service.empty() && seen.get("service") != enrichment.service) {
    LabelsBuilder builder(seen);
    builder.set("service", enrichment.service);
    with_service = builder.build();
    seen = with_service;
  }
  const Identity key = identity(seen);
  const auto found = by_identity_.find(key);
  AlertId alert = kNoAlert;
  if (found != by_identity_.end()) {
    alert = *found;
    VariantId last = alerts_[alert].first;
    while (variants_[last].next != kNoVariant) last = variants_[last].next;
    variants_[last].next = id;
  } else {
    Alert fresh;
    fresh.first = id;
    fresh.identity_hash = key.hash;
    if (key.rule != nullptr) fresh.dedup_rule = static_cast<std::uint32_t>(key.rule - bundle_->dedup.data());
    if (!enrichment.service.empty()) {
      fresh.service = services_.find_or_add(enrichment.service);
      if (!services_.known(fresh.service)) ++counts_.unknown_service;
    } else {
      ++counts_.no_service;
    }
    fresh.name = symbols_.id(seen.get("alertname"));
    fresh.instance = symbols_.id(seen.get("instance"));
    fresh.items.assign(enrichment.items.begin(), enrichment.items.end());
    alert = alerts_.add(std::move(fresh));
    by_identity_.insert(alert);
  }
  Variant& variant = variants_[id];
  variant.alert = alert;
  if (seen != input.labels) {
    variant.rule_labels = SharedLabels(seen);
    label_bytes_ += seen.bytes().size();
  }
  variant.severity = parse_severity(seen.get("severity"));
  return id;
}

AlertTable::Identity AlertTable::identity(LabelsView rule_labels) const {
  Identity key;
  key.labels = rule_labels;
  for (const DedupRule& rule : bundle_->dedup) {
    if (!matches_all(rule.matchers, rule_labels)) continue;
    key.rule = &rule;
    break;
  }
  if (key.rule == nullptr) {
    key.hash = hash_bytes(rule_labels.bytes());
    return key;
  }
  for (const LabelPair& label : rule_labels) {
    if (std::ranges::find(key.rule->ignore, label.name) != key.rule->ignore.end()) continue;
    key.hash = hash_bytes(label.value, hash_bytes(label.name, key.hash));
  }
  return key;
}

bool AlertTable::same_identity(const Identity& key, AlertId id) const {
  const Alert& alert = alerts_[id];
  if (key.hash != alert.identity_hash) return false;
  if (alert.dedup_rule == kGoneDedup) return false;
  const DedupRule* rule = alert.dedup_rule == kNoDedup ? nullptr : &bundle_->dedup[alert.dedup_rule];
  if (rule != key.rule) return false;
  const LabelsView other = rule_labels(variants_[alert.first]);
  if (rule == nullptr) return key.labels == other;
  const auto ignored = [&](const LabelPair& label) {
    return std::ranges::find(rule->ignore, label.name) != rule->ignore.end();
  };
  auto a = key.labels.begin();
  auto b = other.begin();
  for (;; ++a, ++b) {
    while (a != key.labels.end() && ignored(*a)) ++a;
    while (b != other.end() && ignored(*b)) ++b;
    if (a == key.labels.end() || b == other.end()) return a == key.labels.end() && b == other.end();
    if (*a != *b) return false;
  }
}

void AlertTable::fire(VariantId id, const AlertInput& input, Time clock, std::vector<AlertChange>& changes) {
  Variant& variant = variants_[id];
  Instance* newest = variant.instances.empty() ? nullptr : &variant.instances.back();
  const Time deadline = input.ends_at ? *input.ends_at : clock + bundle_->settings.resolve_timeout;
  Time start = clock;
  if (input.starts_at) {
    start = *input.starts_at;
  } else if (newest != nullptr && newest->firing()) {
    start = newest->start;
  }
  const auto activate = [&] {
    annotate(variant, input.annotations);
    variant.deadline = deadline;
    arm_expiry(id);
  };
  if (newest != nullptr && newest->start == start && newest->firing()) {
    ++counts_.repeated;
    ++variant.repeats;
    variant.deadline = std::max(variant.deadline, deadline);
    return;
  }
  if (Instance* same = with_start(variant, start)) {
    if (!same->fired) {
      same->fired = true;
      annotate(variant, input.annotations);
      place(id, static_cast<std::size_t>(same - variant.instances.data()), clock, changes);
    } else if (same == newest && (same->presumed || clock > variant.resolved_at + bundle_->settings.allowed_lateness)) {
      // It was thought to be over, and its source says that it is not.
      same->end = kNever;
      same->presumed = false;
      activate();
      place(id, variant.instances.size() - 1, clock, changes);
    } else {
      ++counts_.stale;
    }
    return;
  }
  if (newest == nullptr || start > newest->start) {
    if (newest != nullptr && newest->firing()) end(id, *newest, start, true, clock, changes);
    if (variant.instances.size() >= kMostInstances) variant.instances.erase(variant.instances.begin());
    variant.instances.push_back({.start = start, .fired = true});
    activate();
    place(id, variant.instances.size() - 1, clock, changes);
    return;
  }
  const auto later = std::upper_bound(variant.instances.begin(), variant.instances.end(), start,
                                      [](Time wanted, const Instance& other) { return wanted < other.start; });
  const std::size_t at = insert(variant, {.start = start, .end = later->start, .fired = true, .presumed = true});
  place(id, at, clock, changes);
}

void AlertTable::resolve(VariantId id, const AlertInput& input, Time clock, std::vector<AlertChange>& changes) {
  Variant& variant = variants_[id];
  const Time at = *input.ends_at;
  Instance* const firing = firing_instance(variant);
  if (!input.starts_at) {
    if (firing != nullptr && firing->start <= at) {
      end(id, *firing, at, false, clock, changes);
    } else {
      ++counts_.stale;
    }
    return;
  }
  if (Instance* same = with_start(variant, *input.starts_at)) {
    if (same->firing() || same->presumed) {
      end(id, *same, at, false, clock, changes);
    } else {
      ++counts_.repeated;
    }
    return;
  }
  // The end of something that was not seen to fire. What fires from before its end ended with it or before it.
  if (firing != nullptr && firing->start <= at)
    end(id, *firing, std::max(firing->start, std::min(at, *input.starts_at)), true, clock, changes);
  insert(variant, {.start = *input.starts_at, .end = at});
  variant.resolved_at = clock;
  timers_->arm(clock + 2 * bundle_->settings.allowed_lateness, TimerKind::forget,
               static_cast<std::uint32_t>(variant.alert));
}

void AlertTable::end(VariantId id, Instance& instance, Time at, bool presumed, Time clock,
                     std::vector<AlertChange>& changes) {
  instance.end = std::max(at, instance.start);
  instance.presumed = presumed;
  if (!presumed) variants_[id].resolved_at = clock;
  if (instance.episode == kNoEpisode) return;
  refresh(instance.episode, clock);
  changes.push_back(
      {.kind = AlertChange::Kind::ended, .episode = instance.episode, .variant = id, .start = instance.start});
}

void AlertTable::arm_expiry(VariantId id) {
  Variant& variant = variants_[id];
  if (variant.expiry_armed) return;
  variant.expiry_armed = true;
  timers_->arm(variant.deadline, TimerKind::expiry, static_cast<std::uint32_t>(id));
}

void AlertTable::on_expiry(VariantId id, Time clock, std::vector<AlertChange>& changes) {
  if (!variants_.has(id)) return;
  Variant& variant = variants_[id];
  variant.expiry_armed = false;
  if (variant.alert == kNoAlert) {
    if (clock < variant.deadline) return arm_expiry(id);
    return remove_variant(id);
  }
  Instance* const firing = firing_instance(variant);
  if (firing == nullptr) return;
  if (variant.source < sources_.size()) {
    const Source& source = sources_[variant.source];
    const Time grace = (source.stalled ? clock : source.returned) + bundle_->settings.resolve_timeout;
    if (source.stalled || source.returned != Time{}) variant.deadline = std::max(variant.deadline, grace);
  }
  if (clock < variant.deadline) return arm_expiry(id);
  end(id, *firing, variant.deadline, true, clock, changes);
}

void AlertTable::set_stalled(std::uint32_t source, bool stalled, Time clock) {
  if (source >= sources_.size()) return;
  sources_[source].stalled = stalled;
  if (!stalled) sources_[source].returned = clock;
}

void AlertTable::release(EpisodeId id, Time clock) {
  const Episode& episode = episodes_[id];
  if (episode.closed && episode.incident == kNoIncident && episode.pins == 0) {
    // Not before the slot is closed: it may still have to be told of.
    const auto wait = std::max<Duration>(bundle_->settings.allowed_lateness, std::chrono::seconds(1));
    timers_->arm(std::max(clock, episode.end + bundle_->settings.flap_hold) + wait, TimerKind::forget,
                 static_cast<std::uint32_t>(episode.alert));
  }
}

bool AlertTable::tell_unseen(VariantId id, Time until, std::vector<AlertChange>& changes) {
  bool any = false;
  for (Instance& instance : variants_[id].instances) {
    if (instance.fired || instance.announced != 0 || variants_[id].resolved_at > until) continue;
    instance.announced = Instance::kInNone;
    changes.push_back({.kind = AlertChange::Kind::unseen, .variant = id, .start = instance.start});
    any = true;
  }
  return any;
}

void AlertTable::finish(std::vector<AlertChange>& changes) {
  variants_.for_each([&](VariantId id, const Variant&) { tell_unseen(id, kNever, changes); });
}

}  // namespace triaged

#include "rules/engine/engine.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "rules/correlate/correlator.hpp"
#include "rules/dedup/alert_table.hpp"
#include "rules/engine/capacity.hpp"
#include "rules/engine/command_desk.hpp"
#include "rules/engine/number_walker.hpp"
#include "rules/engine/source_watch.hpp"
#include "rules/engine/version.hpp"
#include "rules/incident/incident_table.hpp"
#include "rules/incident/rule_list.hpp"
#include "rules/model/archive.hpp"
#include "rules/model/timers.hpp"
#include "rules/suppress/suppression_table.hpp"

namespace triaged {
namespace {

constexpr Duration kSlot{100};                   // effects are coalesced over so much log time
constexpr std::string_view kMagic = "triaged!";  // read before anything is known of what follows
constexpr std::uint64_t kInNone = Instance::kInNone;

}  // namespace

Time slot_close(Time clock) { return Time{(clock.time_since_epoch() / kSlot + 1) * kSlot}; }

struct Engine::State {
  /// A record that is due at the close of the slot.
  struct Pending {
    AlertChange::Kind kind{};
    VariantId variant = kNoVariant;
    EpisodeId episode = kNoEpisode;
    Time start{};
    template <class A>
    void fields(A& a) {
      a(kind, variant, episode, start);
    }
  };

  State(std::shared_ptr<const Bundle> given, std::uint32_t shard_number)
      : bundle(std::move(given)),
        shard(shard_number),
        rules(SourceWatch::with_own_rule(*bundle)),
        alerts(*bundle, timers),
        incidents(*bundle, rules, alerts, timers, shard),
        suppressions(timers, shard),
        correlator(*bundle, rules, alerts, incidents, suppressions, timers),
        sources(*bundle, timers),
        desk(*bundle, shard, alerts, incidents, suppressions, correlator),
        capacity(alerts, incidents, correlator, suppressions, desk) {}

  void apply(const Input& input, Effects& effects) {
    advance(input.log_time, effects);
    if (!sources.started()) sources.start(clock);
    if (const auto* alert = std::get_if<AlertInput>(&input.value)) {
      capacity.pay();
      if (sources.heard(alert->source, clock)) {
        alerts.set_stalled(alert->source, false, clock);
        alerts.receive(sources.report(alert->source, false, clock), clock, changes);
      }
      if (capacity.full(bundle->settings) && !alerts.knows(alert->labels)) return reject(*alert, effects);
      alerts.receive(*alert, clock, changes);
      follow();
    } else if (const auto* change = std::get_if<ChangeInput>(&input.value)) {
      correlator.on_service_change(*change, clock);
    } else if (const auto* command = std::get_if<Command>(&input.value)) {
      effects.commands.push_back(desk.take(*command, clock));
    } else if (const auto* next = std::get_if<BundleInput>(&input.value)) {
      rebind(next->bundle, effects);
    } else if (std::holds_alternative<EndOfLog>(input.value)) {
      correlator.finish(clock);
      alerts.finish(changes);
      follow();
      incidents.end_holds(clock);
      publish(effects);
    }
  }

  void follow() {
    for (const AlertChange& change : changes) {
      correlator.on_change(change, clock);
      switch (change.kind) {
        case AlertChange::Kind::ended:
        case AlertChange::Kind::flapping:
        case AlertChange::Kind::dropped:
        case AlertChange::Kind::unseen:
          pending.push_back({change.kind, change.variant, change.episode, change.start});
          break;
        default: break;
      }
    }
    changes.clear();
  }

  // When what changed so far is published.
  [[nodiscard]] Time slot_close() const {
    if (!incidents.dirty() && !correlator.has_unplaced() && !suppressions.dirty() && pending.empty() &&
        !capacity.wants_room(bundle->settings)) {
      return kNever;
    }
    return triaged::slot_close(clock);
  }

  void advance(Time to, Effects& effects) {
    for (;;) {
      const Time close = slot_close();
      const Time timer = timers.next();
      const Time next = std::min(close, timer);
      if (next > to) break;
      clock = std::max(clock, next);
      if (close <= timer) {
        publish(effects);
        if (capacity.wants_room(bundle->settings)) make_room();
      } else {
        fire(timers.pop());
      }
    }
    clock = std::max(clock, to);
  }

  void fire(const TimerQueue::Timer& timer) {
    switch (timer.kind) {
      case TimerKind::suppression:
        suppressions.on_timer(SuppressionId{timer.id}, clock);
        correlator.take_back_suppressed(clock);
        break;
      case TimerKind::expiry: alerts.on_expiry(VariantId{timer.id}, clock, changes); break;
      case TimerKind::episode_close: alerts.on_episode_close(EpisodeId{timer.id}, clock, changes); break;
      case TimerKind::source_stalled:
        if (sources.on_timer(timer.id, clock)) {
          alerts.set_stalled(timer.id, true, clock);
          alerts.receive(sources.report(timer.id, true, clock), clock, changes);
        }
        break;
      case TimerKind::solve: correlator.on_solve(timer.id, clock); break;
      case TimerKind::freeze: correlator.on_freeze(timer.id, clock); break;
      case TimerKind::hold: correlator.on_hold(IncidentId{timer.id}, clock); break;
      case TimerKind::refresh: incidents.on_refresh(IncidentId{timer.id}); break;
      case TimerKind::close: incidents.on_close(IncidentId{timer.id}, clock); break;
      case TimerKind::forget: alerts.on_forget(AlertId{timer.id}, clock, changes); break;
    }
    follow();
  }

  void publish(Effects& effects) {
    suppressions.publish(clock, effects);
    incidents.publish(clock, effects, [&](const IncidentRow& row, IncidentId id) { correlator.on_gone(row, id); });
    for (const EpisodeId episode : correlator.take_unplaced()) tell_unplaced(episode, effects);
    for (const Pending& told : std::exchange(pending, {})) tell(told, effects);
  }

  void make_room() {
    const bool look_for_names = capacity.make_room(bundle->settings, clock, changes);
    follow();
    if (!look_for_names) return;
    std::vector<bool> used_symbols(alerts.symbols().size() + 1);
    std::vector<bool> used_services(alerts.services().size());
    NumberWalker{MarkUsed(used_symbols, used_services)}(*this);
    alerts.keep_names(used_symbols, used_services);
    capacity.names_kept();
  }

  void reject(const AlertInput& input, Effects& effects) {
    alerts.reject();
    AlertRecord& record = effects.alerts.emplace_back();
    record.at = clock;
    record.fingerprint = fingerprint(input.labels);
    record.labels = SharedLabels(input.labels);
    record.state = AlertState::rejected;
    record.starts_at = input.starts_at.value_or(clock);
    if (input.ends_at && *input.ends_at <= clock) record.ends_at = *input.ends_at;
    record.reason = "capacity";
  }

  [[nodiscard]] std::string reason_of(const Episode& episode) const {
    if (episode.suppressed_by != kNoSuppression) return suppressions.reason(episode.suppressed_by);
    return alerts.symbols().text(episode.reason);
  }

  AlertRecord record(VariantId id, AlertState state) {
    Variant& variant = alerts.variant(id);
    AlertRecord record{.at = clock,
                       .fingerprint = variant.fingerprint,
                       .labels = variant.labels,
                       .state = state,
                       .repeats = std::exchange(variant.repeats, 0)};
    if (variant.alert == kNoAlert) return record;
    const Alert& alert = alerts.alert(variant.alert);
    if (alert.service != kNoService) {
      record.service = alerts.services().name(alert.service);
      record.known_service = alerts.services().known(alert.service);
    }
    return record;
  }

  void tell_unplaced(EpisodeId id, Effects& effects) {
    if (!alerts.has(id) || alerts.episode(id).incident != kNoIncident) return;
    bool first = true;
    alerts.for_each_instance(id, [&](VariantId v, Instance& instance) {
      if (instance.announced == kInNone) return;
      first = first && instance.announced == 0;
      const bool known = alerts.told(v);
      instance.announced = kInNone;
      if (alerts.alert_of(id).flapping && known) return;  // one record said so; it stands for these
      AlertRecord told = record(v, instance.firing() ? AlertState::firing : AlertState::resolved);
      told.starts_at = instance.start;
      told.ends_at = instance.end;
      told.reason = reason_of(alerts.episode(id));
      effects.alerts.push_back(std::move(told));
    });
    if (first) ++unplaced;
  }

  void tell_unseen(const Pending& told, Effects& effects) {
    for (const Instance& instance : alerts.variant(told.variant).instances) {
      if (instance.start != told.start || instance.announced != kInNone) continue;
      AlertRecord out = record(told.variant, AlertState::resolved);
      out.starts_at = instance.start;
      out.ends_at = instance.end;
      out.reason = "it was over when it was first heard of";
      effects.alerts.push_back(std::move(out));
    }
  }

  void tell(const Pending& told, Effects& effects) {
    if (told.kind == AlertChange::Kind::dropped) {
      AlertRecord dropped = record(told.variant, AlertState::dropped);
      dropped.starts_at = clock;
      dropped.reason = "dropped by relabel_configs";
      effects.alerts.push_back(std::move(dropped));
      return;
    }
    if (told.kind == AlertChange::Kind::unseen) return tell_unseen(told, effects);
    const bool flapping = told.kind == AlertChange::Kind::flapping;
    if (!alerts.has(told.episode)) return;
    if (alerts.alert_of(told.episode).flapping && !flapping) return;  // one record said so; it stands for these
    const Episode& episode = alerts.episode(told.episode);
    alerts.for_each_instance(told.episode, [&](VariantId v, const Instance& instance) {
      if (instance.start != told.start || (!flapping && v != told.variant)) return;
      if (instance.announced == 0 || instance.announced == Instance::kTellAgain) return;  // it will be told as it is
      if (!flapping && instance.firing()) return;
      AlertRecord out = record(v, flapping ? AlertState::flapping : AlertState::resolved);
      out.starts_at = instance.start;
      out.ends_at = instance.end;
      if (episode.incident != kNoIncident) {
        out.incident = IncidentKey{shard, incidents.row(episode.incident).number};
      } else {
        out.reason = reason_of(episode);
      }
      effects.alerts.push_back(std::move(out));
    });
  }

  /// Another bundle decides from here on, and everything that is open goes on; docs/decisions/0005-reload.md.
  void rebind(std::shared_ptr<const Bundle> next, Effects& effects) {
    BundleMapping mapping;
    mapping.sources = sources.successors(*next);
    for (std::uint32_t i = 0; i < mapping.sources.size(); ++i) {
      if (!sources.ends_stalled(i, *next, mapping.sources[i])) continue;
      sources.heard(i, clock);
      alerts.set_stalled(i, false, clock);
      alerts.receive(sources.report(i, false, clock), clock, changes);
      follow();
    }
    std::vector<CorrelationRule> active = SourceWatch::with_own_rule(*next);
    std::vector<bool> others = rules.differing(active);
    const std::vector<bool> named = correlator.retire(rules.successors(active), clock);
    mapping.rules = rules.replace(std::move(active), named);
    mapping.dedup = alerts.dedup_successors(*next);
    std::tie(mapping.services, mapping.items) = alerts.rename(next->catalogue);

    NumberWalker{Renumber(mapping)}(*this);
    timers.rewrite([&](TimerQueue::Timer& timer) {
      if (timer.kind == TimerKind::source_stalled) return false;  // armed anew
      if (timer.kind != TimerKind::solve && timer.kind != TimerKind::freeze) return true;
      const RuleIndex rule = mapping.rules[timer.id];
      timer.id = rule;
      return rule != RuleList::kNoRule && !rules.retired(rule);
    });

    const std::shared_ptr<const Bundle> last = std::exchange(bundle, std::move(next));  // in use until all is rebound
    alerts.rebind(*bundle, mapping.sources, clock);
    incidents.rebind(*bundle);
    desk.rebind(*bundle);
    sources.rebind(*bundle, mapping.sources, clock);
    correlator.rebind({last.get(), bundle.get(), &mapping.services, &mapping.rules, std::move(others)}, clock);
    alerts.forget_undropped([&](VariantId id) {
      std::erase_if(pending, [&](const Pending& told) {
        if (told.kind != AlertChange::Kind::dropped || told.variant != id) return false;
        tell(told, effects);
        return true;
      });
    });
  }

  template <class A>
  void fields(A& a) {
    a(rules);
    if constexpr (archive::Reading<A>) {
      incidents.read_titles();
      correlator.read_rules();
    }
    a(clock, timers, alerts, incidents, suppressions, correlator, sources, desk, capacity, pending, unplaced);
  }

  std::shared_ptr<const Bundle> bundle;
  std::uint32_t shard;
  RuleList rules;
  Time clock = kEarliest;
  TimerQueue timers;
  AlertTable alerts;
  IncidentTable incidents;
  SuppressionTable suppressions;
  Correlator correlator;
  SourceWatch sources;
  CommandDesk desk;
  Capacity capacity;
  std::vector<AlertChange> changes;  // scratch
  std::vector<Pending> pending;
  std::uint64_t unplaced = 0;
};

Engine::Engine(std::shared_ptr<const Bundle> bundle, std::uint32_t shard)
    : state_(std::make_unique<State>(std::move(bundle), shard)) {}
Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

void Engine::apply(const Input& input, Effects& effects) { state_->apply(input, effects); }

Time Engine::next_timer() const { return std::min(state_->timers.next(), state_->slot_close()); }

Time Engine::clock() const { return state_->clock; }

EngineCounts Engine::counts() const {
  const DeliveryCounts& seen = state_->alerts.counts();
  return {.received = seen.received,
          .repeated = seen.repeated,
          .stale = seen.stale,
          .dropped = seen.dropped,
          .rejected = seen.rejected,
          .unknown_service = seen.unknown_service,
          .no_service = seen.no_service,
          .opened = state_->incidents.opened(),
          .unplaced = state_->unplaced};
}

const IncidentCounts& Engine::incident_counts() const { return state_->incidents.counts(); }

const OpenedByRule& Engine::opened_by_rule() const { return state_->incidents.opened_by_rule(); }

std::uint64_t Engine::state_bytes() const { return state_->capacity.bytes(); }

bool Engine::source_stalled(std::uint32_t source) const { return state_->sources.stalled(source); }

std::uint64_t Engine::active_alerts() const { return state_->alerts.firing(); }

void Engine::write_snapshot(const std::function<void(std::string_view)>& sink) const {
  StateWriter header;
  header(kStateFormat);
  std::string head = std::string(kMagic) + header.take();
  sink(head);
  StateWriter writer(sink);
  writer(state_->bundle->hash, state_->shard, *state_);
  StateWriter sum;
  sum(writer.finish());
  sink(sum.take());
}

std::string Engine::snapshot() const {
  std::string bytes;
  write_snapshot([&](std::string_view piece) { bytes.append(piece); });
  return bytes;
}

std::expected<Engine, RestoreError> Engine::restore(std::string_view bytes, std::shared_ptr<const Bundle> bundle) {
  using Kind = RestoreError::Kind;
  const auto refuse = [](Kind kind, std::string message) {
    return std::unexpected(RestoreError{kind, "the snapshot " + std::move(message)});
  };
  std::uint32_t format = 0;
  std::uint64_t sum = 0;
  if (!bytes.starts_with(kMagic)) return refuse(Kind::damaged, "does not begin as one");
  bytes.remove_prefix(kMagic.size());
  if (bytes.size() < sizeof format + sizeof sum) return refuse(Kind::damaged, "is cut short");
  StateReader head(bytes);
  head(format);
  if (format != kStateFormat) {
    return refuse(Kind::other_format,
                  "has format " + std::to_string(format) + "; this engine reads " + std::to_string(kStateFormat));
  }
  bytes.remove_prefix(sizeof format);
  StateReader tail(bytes.substr(bytes.size() - sizeof sum));
  tail(sum);
  bytes.remove_suffix(sizeof sum);
  if (sum != archive_sum(bytes)) return refuse(Kind::damaged, "has a wrong checksum");
  StateReader reader(bytes);
  std::string hash;
  std::uint32_t shard = 0;
  reader(hash, shard);
  if (hash != bundle->hash) return refuse(Kind::other_bundle, "was taken under another bundle: " + hash);
  auto state = std::make_unique<State>(std::move(bundle), shard);
  reader(*state);
  if (!reader.good() || !reader.at_end()) return refuse(Kind::damaged, "holds something else than a state");
  return Engine(std::move(state));
}

}  // namespace triaged

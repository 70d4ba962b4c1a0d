// Deduplication: deliveries in, changes of alerts out. Repeats are counted and go no further.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_set.hpp>

#include "rules/dedup/alert.hpp"
#include "rules/dedup/names.hpp"
#include "rules/enrich/enricher.hpp"
#include "rules/model/archive.hpp"
#include "rules/model/bundle.hpp"
#include "rules/model/input.hpp"
#include "rules/model/slab.hpp"
#include "rules/model/timers.hpp"

namespace triaged {

/// Counts of deliveries by what became of them.
struct DeliveryCounts {
  std::uint64_t received = 0;
  std::uint64_t repeated = 0;
  std::uint64_t stale = 0;  // late copies of what is over
  std::uint64_t dropped = 0;
  std::uint64_t rejected = 0;         // new label sets for which there was no room
  std::uint64_t unknown_service = 0;  // alerts
  std::uint64_t no_service = 0;       // alerts
  template <class A>
  void fields(A& a) {
    a(received, repeated, stale, dropped, rejected, unknown_service, no_service);
  }
};

/// Owns variants, alerts and episodes. `timers` and `bundle` must outlive it.
class AlertTable {
 public:
  AlertTable(const Bundle& bundle, TimerQueue& timers);
  AlertTable(const AlertTable&) = delete;
  AlertTable& operator=(const AlertTable&) = delete;

  /// Appends what changed to `changes`, in order.
  void receive(const AlertInput& input, Time clock, std::vector<AlertChange>& changes);

  void on_expiry(VariantId variant, Time clock, std::vector<AlertChange>& changes);
  void on_episode_close(EpisodeId episode, Time clock, std::vector<AlertChange>& changes);
  void on_forget(AlertId alert, Time clock, std::vector<AlertChange>& changes);
  /// The end of a finite log: what ended and was not seen to start will not be.
  void finish(std::vector<AlertChange>& changes);
  /// A source that falls silent is not a recovery: while it is stalled, and for resolve_timeout after its return, what
  /// it sent does not expire.
  void set_stalled(std::uint32_t source, bool stalled, Time clock);

  /// From one bundle to the next: returns what became of its services and items. Renumber must follow, then
  /// rebind().
  std::pair<std::vector<ServiceId>, std::vector<ItemIndex>> rename(const Catalogue& catalogue);
  /// What each dedup rule of this bundle is in the next one.
  [[nodiscard]] std::vector<DedupIndex> dedup_successors(const Bundle& next) const;
  /// Another bundle decides from here on. `sources`: what became of each source. Known label sets keep what the last
  /// one made of them.
  void rebind(const Bundle& bundle, const std::vector<SourceIndex>& sources, Time clock);
  /// Label sets that the last bundle dropped and this one would not: they are forgotten, to come in anew. Calls
  /// `visit(id)` before.
  void forget_undropped(auto visit) {
    std::vector<VariantId> kept;
    variants_.for_each([&](VariantId id, const Variant& variant) {
      if (variant.alert == kNoAlert && keeps(variant.labels)) kept.push_back(id);
    });
    for (const VariantId id : kept) {
      visit(id);
      remove_variant(id);
    }
  }

  /// Bytes of all that the table owns; see model/accounting.hpp.
  [[nodiscard]] std::uint64_t bytes() const;
  /// Of texts and names alone.
  [[nodiscard]] std::uint64_t name_bytes() const { return symbols_.bytes() + services_.bytes() + items_.bytes(); }
  [[nodiscard]] std::size_t rows() const { return variants_.size() + alerts_.size() + episodes_.size(); }
  [[nodiscard]] bool knows(LabelsView labels) const;
  /// There is no room for it.
  void reject() {
    ++counts_.received;
    ++counts_.rejected;
  }
  /// Alerts that are over, and that nobody needs any more but for what may come late; what was over first stands first.
  [[nodiscard]] std::vector<AlertId> over() const;
  /// Forgets such an alert at once.
  void forget(AlertId alert, Time clock, std::vector<AlertChange>& changes) { forget(alert, kNever, clock, changes); }
  /// Forgets texts and names that are not in use. `used` by number.
  void keep_names(const std::vector<bool>& used_symbols, const std::vector<bool>& used_services) {
    symbols_.keep(used_symbols);
    services_.keep(used_services);
  }

  /// To be called once for each `absorbed` change, when `other` is no longer referred to.
  void remove_absorbed(EpisodeId other);

  /// Nobody needs the episode any more; its alert is forgotten when its time has come.
  void release(EpisodeId episode, Time clock);

  [[nodiscard]] const Variant& variant(VariantId id) const { return variants_[id]; }
  [[nodiscard]] Variant& variant(VariantId id) { return variants_[id]; }
  [[nodiscard]] bool has(EpisodeId id) const { return episodes_.has(id); }
  void for_each_episode(auto visit) const { episodes_.for_each(visit); }
  [[nodiscard]] const Alert& alert(AlertId id) const { return alerts_[id]; }
  [[nodiscard]] const Episode& episode(EpisodeId id) const { return episodes_[id]; }
  [[nodiscard]] Episode& episode(EpisodeId id) { return episodes_[id]; }
  [[nodiscard]] const Alert& alert_of(EpisodeId id) const { return alerts_[episodes_[id].alert]; }
  /// The labels that rules see.
  [[nodiscard]] LabelsView rule_labels(EpisodeId id) const { return rule_labels(variants_[episodes_[id].worst]); }
  /// The highest of what started by `until`; the episode's first one at least.
  [[nodiscard]] Severity severity_until(EpisodeId episode, Time until) const;
  /// Whether the instance fires and nobody was told of it yet; with `known`, also one that was told of.
  [[nodiscard]] bool fires(VariantId variant, Time start, bool known) const {
    return std::ranges::any_of(variants_[variant].instances, [&](const Instance& instance) {
      return instance.start == start && instance.firing() && (known || instance.announced == 0);
    });
  }
  /// Whether a record or a membership told of the label set.
  [[nodiscard]] bool told(VariantId id) const {
    return std::ranges::any_of(variants_[id].instances, [](const Instance& i) { return i.announced != 0; });
  }
  /// Calls `visit(VariantId, Instance&)` for each fired instance of the episode.
  void for_each_instance(EpisodeId episode, auto visit) {
    for (VariantId id = alerts_[episodes_[episode].alert].first; id != kNoVariant; id = variants_[id].next) {
      for (Instance& instance : variants_[id].instances) {
        if (instance.episode == episode && instance.fired) visit(id, instance);
      }
    }
  }

  /// The service of that name, known to the catalogue or not.
  ServiceId service_id(std::string_view name) { return services_.find_or_add(name); }
  [[nodiscard]] const ServiceNames& services() const { return services_; }
  [[nodiscard]] const ItemNames& items() const { return items_; }
  [[nodiscard]] Symbols& symbols() { return symbols_; }
  [[nodiscard]] const Symbols& symbols() const { return symbols_; }
  [[nodiscard]] const DeliveryCounts& counts() const { return counts_; }
  [[nodiscard]] std::uint64_t firing() const { return firing_; }

  template <class A>
  void fields(A& a) {
    a(variants_, alerts_, episodes_, services_, items_, symbols_, counts_, firing_, sources_);
    if constexpr (archive::Reading<A>) index_all();
  }

 private:
  // Sets of ids that are found by what the rows hold, so that no label set is kept twice.
  struct VariantHash {
    using is_transparent = void;
    using is_avalanching = void;
    const Slab<VariantId, Variant>* rows;
    std::size_t operator()(VariantId id) const { return (*rows)[id].hash; }
    std::size_t operator()(std::pair<std::uint64_t, LabelsView> key) const { return key.first; }
  };
  struct VariantEqual {
    using is_transparent = void;
    const Slab<VariantId, Variant>* rows;
    bool operator()(VariantId a, VariantId b) const { return a == b; }
    bool operator()(std::pair<std::uint64_t, LabelsView> key, VariantId id) const {
      return key.first == (*rows)[id].hash && key.second == (*rows)[id].labels.view();
    }
    bool operator()(VariantId id, std::pair<std::uint64_t, LabelsView> key) const { return (*this)(key, id); }
  };
  struct Identity {
    std::uint64_t hash = 0;
    LabelsView labels;
    const DedupRule* rule = nullptr;
  };
  struct AlertHash {
    using is_transparent = void;
    using is_avalanching = void;
    const AlertTable* table;
    std::size_t operator()(AlertId id) const { return table->alerts_[id].identity_hash; }
    std::size_t operator()(const Identity& key) const { return key.hash; }
  };
  struct AlertEqual {
    using is_transparent = void;
    const AlertTable* table;
    bool operator()(AlertId a, AlertId b) const { return a == b; }
    bool operator()(const Identity& key, AlertId id) const { return table->same_identity(key, id); }
    bool operator()(AlertId id, const Identity& key) const { return table->same_identity(key, id); }
  };
  struct Source {
    bool stalled = false;
    Time returned{};
    template <class A>
    void fields(A& a) {
      a(stalled, returned);
    }
  };

  VariantId find(LabelsView labels, std::uint64_t hash) const;
  VariantId create(const AlertInput& input, std::uint64_t hash, Time clock, std::vector<AlertChange>& changes);
  bool same_identity(const Identity& key, AlertId id) const;
  Identity identity(LabelsView rule_labels) const;
  static LabelsView rule_labels(const Variant& variant) {
    return variant.rule_labels.empty() ? variant.labels.view() : variant.rule_labels.view();
  }
  void index_all();
  /// Whether relabelling leaves something of the labels.
  [[nodiscard]] bool keeps(LabelsView labels) const;
  void remove_variant(VariantId id);
  void forget(AlertId id, Time horizon, Time clock, std::vector<AlertChange>& changes);
  void annotate(Variant& variant, LabelsView annotations);
  static std::uint64_t label_bytes(const Variant& variant) {
    return variant.labels.bytes().size() + variant.rule_labels.bytes().size() + variant.annotations.bytes().size();
  }
  void rearm(Time clock);

  void fire(VariantId id, const AlertInput& input, Time clock, std::vector<AlertChange>& changes);
  void resolve(VariantId id, const AlertInput& input, Time clock, std::vector<AlertChange>& changes);
  void end(VariantId id, Instance& instance, Time at, bool presumed, Time clock, std::vector<AlertChange>& changes);
  void arm_expiry(VariantId id);
  bool tell_unseen(VariantId id, Time until, std::vector<AlertChange>& changes);

  // episodes.cpp
  void place(VariantId id, std::size_t at, Time clock, std::vector<AlertChange>& changes);
  void join(EpisodeId into, EpisodeId from, std::vector<AlertChange>& changes);
  void refresh(EpisodeId id, Time clock);
  void note_refire(Alert& alert, EpisodeId episode, Time start, std::vector<AlertChange>& changes);

  const Bundle* bundle_;
  TimerQueue* timers_;
  Enricher enricher_;
  Slab<VariantId, Variant> variants_;
  Slab<AlertId, Alert> alerts_;
  Slab<EpisodeId, Episode> episodes_;
  boost::unordered_flat_set<VariantId, VariantHash, VariantEqual> by_labels_;
  boost::unordered_flat_set<AlertId, AlertHash, AlertEqual> by_identity_;
  ServiceNames services_;
  ItemNames items_;
  Symbols symbols_;
  DeliveryCounts counts_;
  std::uint64_t firing_ = 0;  // alerts
  std::vector<Source> sources_;
  // Of all rows; made from them.
  std::uint64_t label_bytes_ = 0;
  std::uint64_t instances_ = 0;
};

}  // namespace triaged

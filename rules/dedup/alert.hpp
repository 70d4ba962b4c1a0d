// What the engine remembers of alerts.
//
//   Alert     an identity: the label set less what its dedup rule ignores
//   Variant   one full label set of an alert, as it came in; an alert without a dedup rule has one
//   Instance  one firing of a variant: (labels, startsAt), the thing that memberships speak of
//   Episode   a run of instances of an alert with no gap longer than the flap hold: the thing that is correlated
#pragma once

#include <cstdint>
#include <vector>

#include <boost/container/small_vector.hpp>

#include "rules/model/catalogue.hpp"
#include "rules/model/fingerprint.hpp"
#include "rules/model/labels.hpp"
#include "rules/model/number.hpp"
#include "rules/model/severity.hpp"
#include "rules/model/time.hpp"

namespace triaged {

enum class VariantId : std::uint32_t {};
enum class AlertId : std::uint32_t {};
enum class EpisodeId : std::uint32_t {};
enum class IncidentId : std::uint32_t {};
enum class SuppressionId : std::uint32_t {};
inline constexpr VariantId kNoVariant{UINT32_MAX};
inline constexpr AlertId kNoAlert{UINT32_MAX};
inline constexpr EpisodeId kNoEpisode{UINT32_MAX};
inline constexpr IncidentId kNoIncident{UINT32_MAX};
inline constexpr SuppressionId kNoSuppression{UINT32_MAX};

inline constexpr DedupIndex kNoDedup{UINT32_MAX};
inline constexpr DedupIndex kGoneDedup{UINT32_MAX - 1};  // of an earlier bundle: what comes now has another identity

struct Instance {
  Time start{};
  Time end = kNever;
  EpisodeId episode = kNoEpisode;
  /// The number of the incident that a membership was last published for; 0: none yet.
  std::uint64_t announced = 0;
  static constexpr std::uint64_t kInNone = UINT64_MAX;         // a record told that it is in no incident
  static constexpr std::uint64_t kTellAgain = UINT64_MAX - 1;  // so it did, and the reason is another one now
  /// A resolve may come before what it resolves; until that comes too, nothing is known to have fired.
  bool fired = false;
  /// Nobody said that it ended: it timed out, or fired again. A resolve that comes later gives the true end.
  bool presumed = false;

  [[nodiscard]] bool firing() const { return end == kNever; }
  template <class A>
  void fields(A& a) {
    a(start, end, episode, announced, fired, presumed);
  }
};

struct Variant {
  SharedLabels labels;
  SharedLabels rule_labels;  // relabelled, with the label `service`: what rules see; empty: the same as `labels`
  SharedLabels annotations;  // of the latest activation
  std::uint64_t hash = 0;
  Fingerprint fingerprint{};
  AlertId alert = kNoAlert;     // kNoAlert: dropped by relabel_configs
  VariantId next = kNoVariant;  // of the same alert
  Severity severity = Severity::warning;
  bool expiry_armed = false;
  SourceIndex source{};
  std::uint32_t repeats = 0;                              // since the last record
  Time deadline{};                                        // silence beyond it ends the newest instance
  Time resolved_at{};                                     // log time of the newest explicit end
  boost::container::small_vector<Instance, 1> instances;  // ascending starts

  template <class A>
  void fields(A& a) {
    a(labels, rule_labels, annotations, hash, fingerprint, alert, next, severity, expiry_armed, source, repeats,
      deadline, resolved_at, instances);
  }
};

struct Alert {
  VariantId first = kNoVariant;
  std::uint64_t identity_hash = 0;
  DedupIndex dedup_rule = kNoDedup;
  ServiceId service = kNoService;
  SymbolId name{};      // `alertname`
  SymbolId instance{};  // `instance`
  bool flapping = false;
  std::vector<ItemIndex> items;                           // configuration items
  boost::container::small_vector<EpisodeId, 1> episodes;  // ascending starts
  std::vector<Time> refires;                              // within the flap window

  template <class A>
  void fields(A& a) {
    a(first, identity_hash, dedup_rule, service, name, instance, flapping, items, episodes, refires);
  }
};

struct Episode {
  AlertId alert = kNoAlert;
  Time start{};
  Time end = kNever;
  Time arrived{};                      // log time
  std::uint32_t firing = 0;            // instances that fire now
  VariantId worst = kNoVariant;        // the first variant with that severity: rules see its labels
  Time worst_since{};                  // its earliest start here
  Severity severity = Severity::info;  // the highest so far
  bool closed = false;                 // the flap hold after its end is over
  bool opens = true;                   // its rule lets it open an incident; else it only joins
  std::uint8_t pins = 0;               // correlation windows that still look at it
  IncidentId incident = kNoIncident;
  SymbolId reason{};  // why it is in no incident
  SuppressionId suppressed_by = kNoSuppression;
  /// In no incident, and no rule is asked about it before it fires anew: after a person closed its incident, or where
  /// it had ended when its silence did.
  enum class Aside : std::uint8_t { no, closed_by_hand, was_suppressed } aside = Aside::no;
  bool put_by_hand = false;  // a person put it where it is: rules leave it there

  template <class A>
  void fields(A& a) {
    a(alert, start, end, arrived, firing, worst, worst_since, severity, closed, opens, pins, incident, reason,
      suppressed_by, aside, put_by_hand);
  }
};

/// What happened to an alert, for those that correlate.
struct AlertChange {
  enum class Kind : std::uint8_t {
    started,    // an episode began
    amended,    // an episode turned out to have begun earlier
    escalated,  // an episode is worse than before: rules see the labels of the variant that says so
    instance,   // an instance joined an episode: a re-fire, a variant, a late arrival
    ended,      // an instance ended
    closed,     // an episode is over
    resumed,    // a closed episode fires again
    absorbed,   // `other` turned out to be part of `episode`
    flapping,   // an alert was found to flap
    dropped,    // relabel_configs dropped a variant
    unseen,     // an instance ended, and nothing was ever heard of its start
  };
  Kind kind{};
  EpisodeId episode = kNoEpisode;
  EpisodeId other = kNoEpisode;
  VariantId variant = kNoVariant;
  Time start{};  // the instance's, where there is one
};

}  // namespace triaged

// Everything that the engine's decisions depend on besides its inputs: rules, catalogue, settings. One bundle is one
// input.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "rules/enrich/relabel.hpp"
#include "rules/match/matcher.hpp"
#include "rules/model/catalogue.hpp"
#include "rules/model/origin.hpp"
#include "rules/model/time.hpp"

namespace triaged {

/// Leaves labels out of an alert's identity. The first rule that matches an alert is the one.
struct DedupRule {
  std::string name;
  Origin origin;
  Matchers matchers;
  std::vector<std::string> ignore;
};

struct ByLabels {
  std::vector<std::string> labels;
  /// Whether an alert that lacks one of the labels goes on to the next rule, or counts it as "".
  enum class Missing : std::uint8_t { skip, empty } missing = Missing::skip;
  /// Whether an alert joins while the incident is open, or only within `timespan` of the nearest member's start.
  enum class Join : std::uint8_t { while_open, timespan } join = Join::while_open;
};

struct ByTopology {
  std::uint32_t hops = 4;
};

struct CorrelationRule {
  std::string name;
  Origin origin;
  Matchers matchers;
  std::variant<ByLabels, ByTopology> by;
  Duration timespan = std::chrono::minutes(3);
  Duration hold = Duration{0};
  /// Where an alert that joins nothing here ends up: in an incident of its own, or at the next rule.
  enum class Otherwise : std::uint8_t { open, next } otherwise = Otherwise::open;
  /// An alert that these do not take may join an incident, but opens none.
  Matchers opening_matchers;
  std::string title;  // template; empty: the built-in title
};

/// The engine's settings, from triaged.yaml. Values are checked by config/.
struct EngineSettings {
  std::string incident_prefix = "INC";
  Duration resolve_timeout = std::chrono::minutes(5);
  /// An alert that fires again within this time of its end continues. At least allowed_lateness.
  Duration flap_hold = std::chrono::minutes(2);
  /// So many re-fires within flap_window mark an alert as flapping.
  std::uint32_t flap_count = 3;
  Duration flap_window = std::chrono::minutes(15);
  /// How late an alert may arrive and still give the same outcome.
  Duration allowed_lateness = std::chrono::minutes(1);
  /// An incident that resolved opens again where its fault comes back within this time.
  Duration reopen_within = std::chrono::minutes(5);
  Duration close_after = std::chrono::hours(1);
  /// Bytes of state that the engine accounts for; see rules/model/accounting.hpp.
  std::uint64_t max_state = std::uint64_t{1} << 30U;
  friend bool operator==(const EngineSettings&, const EngineSettings&) = default;
};

/// A source of alerts, as far as the core must know it.
struct SourceSettings {
  std::string name;
  Duration stalled_after{0};  // 0: never stalls
  friend bool operator==(const SourceSettings&, const SourceSettings&) = default;
};

struct Bundle {
  EngineSettings settings;
  std::vector<SourceSettings> sources;  // AlertInput::source indexes this
  Relabeler relabeler;
  std::vector<DedupRule> dedup;
  std::vector<CorrelationRule> correlate;
  Catalogue catalogue;
  std::string hash;  // SHA-256 of the text that it was made from (config/bundle_text.hpp), hex
};

}  // namespace triaged

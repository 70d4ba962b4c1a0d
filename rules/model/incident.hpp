// The documents that come out: plain values, in the form that docs/schemas/ describes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/fingerprint.hpp"
#include "rules/model/labels.hpp"
#include "rules/model/origin.hpp"
#include "rules/model/severity.hpp"
#include "rules/model/time.hpp"

namespace triaged {

enum class IncidentState : std::uint8_t { open, acknowledged, resolved, closed, merged };
enum class IncidentChange : std::uint8_t { opened, updated, acknowledged, resolved, reopened, closed, merged };
[[nodiscard]] std::string_view to_string(IncidentState state);
[[nodiscard]] std::string_view to_string(IncidentChange change);

/// Incidents that are not over, by the state and priority that their newest document shows.
struct IncidentCounts {
  std::array<std::array<std::uint64_t, 5>, 5> by{};  // by state, then P1 to P5
  [[nodiscard]] std::uint64_t& of(IncidentState state, std::uint8_t priority) {
    return by[static_cast<std::size_t>(state)][priority - 1U];
  }
  [[nodiscard]] std::uint64_t of(IncidentState state, std::uint8_t priority) const {
    return by[static_cast<std::size_t>(state)][priority - 1U];
  }
};

/// How many incidents each rule opened, by its name.
using OpenedByRule = std::map<std::string, std::uint64_t, std::less<>>;

/// Which incident: `INC-<shard>-<number>`. Numbers start at 1 and are given at the first publication.
struct IncidentKey {
  std::uint32_t shard = 0;
  std::uint64_t number = 0;
  friend auto operator<=>(const IncidentKey&, const IncidentKey&) = default;
};

/// `INC-0-17`
[[nodiscard]] std::string to_string(const IncidentKey& key, std::string_view prefix);

struct RootCandidate {
  std::string service;
  std::int32_t score = 0;  // 0 to 1000
  std::string why;
};

struct RootCause {
  std::string service;
  std::optional<Fingerprint> alert;
  std::string why;
  std::vector<RootCandidate> candidates;  // best first; the first is the root
};

struct IncidentAlert {
  Fingerprint fingerprint{};
  SharedLabels labels;
  bool firing = false;
  bool flapping = false;
  Time starts_at{};
  Time ends_at = kNever;
};

struct Evidence {
  std::string rule;
  std::string file;
  std::uint32_t line = 0;
  std::string why;
};

/// The whole of one revision of an incident. Absent values are empty or nullopt and are left out of the JSON.
struct IncidentDocument {
  IncidentKey key;
  std::uint32_t revision = 0;  // from 1
  IncidentChange change = IncidentChange::opened;
  IncidentState state = IncidentState::open;
  std::string title;
  Severity severity = Severity::info;
  std::uint8_t impact = 3;    // 1 (high) to 3
  std::uint8_t urgency = 3;   // 1 (high) to 3
  std::uint8_t priority = 5;  // P1 to P5
  bool major = false;
  std::string rule;
  std::optional<RootCause> root;
  std::vector<std::string> services;             // ascending
  std::vector<std::string> configuration_items;  // ascending
  std::vector<std::string> customers;            // ascending
  std::vector<std::string> suppliers;            // ascending
  std::string team;
  std::string assignee;
  SharedLabels labels;  // those that all members share
  std::string runbook;
  std::uint64_t alert_count = 0;      // label sets that ever joined
  std::vector<IncidentAlert> alerts;  // at most 50, most telling first
  Time started_at{};                  // event time
  std::optional<Time> ended_at;       // event time
  Time opened_at{};                   // log time, as all that follow
  Time updated_at{};
  std::optional<Time> acknowledged_at;
  std::optional<Time> resolved_at;
  std::optional<Time> closed_at;
  std::vector<std::string> changes;  // ids of suspected changes, oldest first
  std::optional<IncidentKey> merged_into;
  std::vector<Evidence> evidence;
};

/// One (labels, startsAt), as they came in, that becomes part of an incident, or moves to another.
struct Membership {
  Time at{};  // log time of the publication
  SharedLabels labels;
  Time starts_at{};
  IncidentKey incident;
};

/// A change of an alert's state, for the topic `triaged.alerts`.
/// `rejected`: there was no room for it.
enum class AlertState : std::uint8_t { firing, resolved, flapping, dropped, rejected };
[[nodiscard]] std::string_view to_string(AlertState state);

struct AlertRecord {
  Time at{};  // log time
  Fingerprint fingerprint{};
  SharedLabels labels;  // as they came in
  AlertState state = AlertState::firing;
  Time starts_at{};
  Time ends_at = kNever;
  std::string service{};                  // empty: none known
  bool known_service = false;             // whether the catalogue has it
  std::optional<IncidentKey> incident{};  // absent: in none
  std::string reason{};                   // why it is in no incident; empty where it is in one
  std::uint64_t repeats = 0;              // deliveries that told nothing new since the last record
};

}  // namespace triaged

// What goes into the engine, and what comes out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/model/command.hpp"
#include "rules/model/incident.hpp"
#include "rules/model/labels.hpp"
#include "rules/model/time.hpp"

namespace triaged {

/// AlertInput::source of what the engine reports about itself.
inline constexpr std::uint32_t kOwnSource = UINT32_MAX;
/// Of a source that the bundle does not have (any more): nothing watches it.
inline constexpr std::uint32_t kNoSource = UINT32_MAX - 1;

/// One alert as it was delivered. Views are read during apply() only.
struct AlertInput {
  LabelsView labels;
  LabelsView annotations;
  std::optional<Time> starts_at;  // absent: the record's log time
  std::optional<Time> ends_at;    // absent: unset (still firing)
  std::uint32_t source = 0;       // index into Bundle::sources
};

/// A change that was made to a service (a release, a patch, …).
struct ChangeInput {
  std::string_view id;
  std::string_view service;
  std::string_view kind;
  Time implemented_at{};
};

struct Bundle;

/// Rules, catalogue and settings from here on.
struct BundleInput {
  std::shared_ptr<const Bundle> bundle;
};

/// The clock moved and nothing came.
struct Tick {};

/// The end of a finite log: what is held back is published now. Timeouts do not fire.
struct EndOfLog {};

struct Input {
  Time log_time{};
  std::variant<AlertInput, ChangeInput, Tick, EndOfLog, Command, BundleInput> value;
};

/// What one or more inputs led to, in order. Append-only for the engine; the caller clears it between calls.
struct Effects {
  std::vector<IncidentDocument> incidents;
  std::vector<Membership> memberships;
  std::vector<AlertRecord> alerts;
  std::vector<CommandResult> commands;
  std::vector<SuppressionDocument> suppressions;
  void clear() {
    incidents.clear();
    memberships.clear();
    alerts.clear();
    commands.clear();
    suppressions.clear();
  }
  [[nodiscard]] bool empty() const {
    return incidents.empty() && memberships.empty() && alerts.empty() && commands.empty() && suppressions.empty();
  }
};

}  // namespace triaged

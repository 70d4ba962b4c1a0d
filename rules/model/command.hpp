// What people and programs ask of the engine. A command is an input of the log like any other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/model/fingerprint.hpp"
#include "rules/model/incident.hpp"
#include "rules/model/time.hpp"

namespace triaged {

struct Acknowledge {};
/// An empty text leaves that one as it is; one of them is set.
struct Assign {
  std::string assignee;
  std::string team;
};
struct Comment {
  std::string text;
};
/// By hand, also while alerts fire; what fires anew later opens it again.
struct Resolve {};
struct Reopen {};
struct Close {};
/// The command's incident goes into `into`, whichever is older: the client chose.
struct Merge {
  IncidentKey into;
};
/// These alerts leave the command's incident for a new one.
struct Split {
  std::vector<Fingerprint> alerts;
};

/// Alerts that match wait outside of incidents between two times of the log.
struct Suppression {
  enum class Kind : std::uint8_t { silence, maintenance } kind = Kind::silence;
  std::vector<std::string> matchers;  // Alertmanager's syntax, at least one
  Time starts_at{};
  Time ends_at{};
  std::string comment;
};
[[nodiscard]] std::string_view to_string(Suppression::Kind kind);
struct Suppress {
  std::string replaces;  // the id of one that this changes; empty: a new one
  Suppression suppression;
};
/// Ends a silence or a maintenance window now.
struct Expire {
  std::string id;
};
struct ImplementChange {
  std::string id;
  std::string service;
  std::string kind;
  Time implemented_at{};
};

struct Command {
  std::string key;    // chosen by the client: the same key is done once
  std::string actor;  // who asks
  std::optional<IncidentKey> incident;
  std::variant<Acknowledge, Assign, Comment, Resolve, Reopen, Close, Merge, Split, Suppress, Expire, ImplementChange>
      what;
};

/// What became of a command. Told in the apply() that took it; what it changed is published at the close of the slot.
struct CommandResult {
  Time at{};  // log time
  Command command;
  bool accepted = false;
  bool repeated = false;                // the key was used before; this is what it led to then
  std::string reason;                   // why it was refused
  std::optional<IncidentKey> incident;  // that it acted on; of a split: the new one, once it has a number
  std::string suppression;              // the id of a silence or maintenance window that it acted on
};

/// A silence or maintenance window as a whole, published whenever it changes.
struct SuppressionDocument {
  std::string id;  // SIL-<shard>-<number> or MW-<shard>-<number>
  std::uint32_t revision = 0;
  enum class State : std::uint8_t { pending, active, expired } state = State::pending;
  Suppression suppression;
  std::string created_by;
  Time created_at{};
  Time updated_at{};
};
[[nodiscard]] std::string_view to_string(SuppressionDocument::State state);

}  // namespace triaged

// Commands as JSON, one object each:
//
//   {"key": "…", "actor": "anna", "command": "acknowledge", "incident": "INC-0-3"}
//
//   acknowledge, resolve, reopen, close   incident
//   assign                                incident; assignee, team: one or both
//   comment                               incident, text
//   merge                                 incident, into
//   split                                 incident, alerts: [fingerprint, …]
//   silence, maintenance                  matchers: ["a=\"b\"", …], endsAt or duration ("2h");
//                                         startsAt, comment, id (of the one to change)
//   expire                                id
//   change                                id, service, implementedAt; kind
//   skip                                  position, reason; shard (0 where it is not said)
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "rules/model/command.hpp"
#include "rules/model/fingerprint.hpp"

namespace triaged::wire {

/// Leaves the record at a position of a shard's log out. Not the engine's: it never sees that record.
struct SkipRequest {
  std::string key;
  std::string actor;
  std::uint32_t shard = 0;
  std::uint64_t position = 0;
  std::string reason;
};

struct CommandFault {
  std::string field;   // the key that is wrong; empty: all of it
  std::string reason;  // for people: what is wrong and what is allowed; one line
};

using DecodedCommand = std::variant<Command, SkipRequest>;

/// `now`: what a silence starts at that says nothing else: the log time of the record. `prefix`: of incidents' ids.
/// Refused: keys that the command does not have, a key twice, texts beyond their bounds (key 128 bytes, actor, assignee
/// and team 256, text and comment 16 KiB, others 1 KiB; 64 matchers of 16 KiB together, 10,000 alerts, 256 KiB in all).
/// Whether matchers are good and the state allows it, the engine says.
[[nodiscard]] std::expected<DecodedCommand, CommandFault> decode_command(std::string_view text, Time now,
                                                                         std::string_view prefix);

/// `INC-0-17`
[[nodiscard]] std::optional<IncidentKey> parse_incident_key(std::string_view text, std::string_view prefix);

/// 16 hex digits.
[[nodiscard]] std::optional<Fingerprint> parse_fingerprint(std::string_view text);

}  // namespace triaged::wire

// Documents → JSON, as docs/schemas/ describes them. Each appends one object without a newline. Texts are UTF-8;
// control characters are escaped, so a document is one line. Thread-safe: no state.
#pragma once

#include <string>
#include <string_view>

#include "connectors/wire/command_decoder.hpp"
#include "connectors/wire/rfc3339.hpp"  // append_time
#include "rules/model/incident.hpp"

namespace triaged::wire {

/// What became of a SkipRequest.
struct SkipResult {
  Time at{};  // log time
  bool accepted = false;
  std::string reason;  // why it was refused
};

void append_incident(std::string& out, const IncidentDocument& document, std::string_view prefix);
void append_membership(std::string& out, const Membership& membership, std::string_view prefix);
void append_alert_record(std::string& out, const AlertRecord& record, std::string_view prefix);

/// The record of a command on the topic `audit`, as docs/schemas/audit.json has it. `id`: the record's, of the caller's
/// choice.
void append_command_result(std::string& out, std::string_view id, const CommandResult& result, std::string_view prefix);
/// The same of a record that was left out of the log.
void append_skip_result(std::string& out, std::string_view id, const SkipRequest& skip, const SkipResult& result);
/// The same of an operator's word that another version of the engine may go on. `text`: from which to which.
void append_engine_change(std::string& out, std::string_view id, Time at, std::string_view text);
/// A silence or maintenance window, as docs/schemas/silence.json has it.
void append_suppression(std::string& out, const SuppressionDocument& document);

/// A command as decode_command() reads it: the same command comes out, at whatever time it is read.
void append_command(std::string& out, const Command& command, std::string_view prefix);

using triaged::to_string;

}  // namespace triaged::wire

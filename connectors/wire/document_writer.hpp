// Documents → JSON, as docs/schemas/ describes them. Each appends one object without a newline.
#pragma once

#include <string>
#include <string_view>

#include "rules/model/incident.hpp"

namespace triaged::wire {

void append_incident(std::string& out, const IncidentDocument& document, std::string_view prefix);
void append_membership(std::string& out, const Membership& membership, std::string_view prefix);
void append_alert_record(std::string& out, const AlertRecord& record, std::string_view prefix);

/// `INC-0-17`
[[nodiscard]] std::string to_string(const IncidentKey& key, std::string_view prefix);
/// RFC 3339, UTC, milliseconds: 2026-03-02T00:00:09.845Z
void append_time(std::string& out, Time time);

}  // namespace triaged::wire

// Documents → JSON, as docs/schemas/ describes them. Each appends one object without a newline. Texts are UTF-8;
// control characters are escaped, so a document is one line. Thread-safe: no state.
#pragma once

#include <string>
#include <string_view>

#include "connectors/wire/rfc3339.hpp"  // append_time
#include "rules/model/incident.hpp"

namespace triaged::wire {

void append_incident(std::string& out, const IncidentDocument& document, std::string_view prefix);
void append_membership(std::string& out, const Membership& membership, std::string_view prefix);
void append_alert_record(std::string& out, const AlertRecord& record, std::string_view prefix);

using triaged::to_string;

}  // namespace triaged::wire

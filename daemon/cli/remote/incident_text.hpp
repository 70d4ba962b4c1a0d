// Incidents as the API has them → text for people.
#pragma once

#include <string>
#include <vector>

#include "connectors/wire/json/json_value.hpp"

namespace triaged::cli {

[[nodiscard]] std::string incident_table(const std::vector<wire::JsonValue>& incidents);
/// All of one: what it is, its alerts, what happened to it.
[[nodiscard]] std::string incident_text(const wire::JsonValue& incident, const std::vector<wire::JsonValue>& timeline);

}  // namespace triaged::cli

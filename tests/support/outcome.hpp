// What must come out the same however inputs were shuffled, repeated or redelivered.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "rules/model/input.hpp"

namespace triaged::test {

/// Canonical labels and startsAt.
using AlertStart = std::pair<std::string, Time>;

/// The incident that each is in after the last effect; absent: in none.
[[nodiscard]] std::map<AlertStart, IncidentKey> final_homes(const Effects& effects);

/// One paragraph for each incident that has members in the end, sorted: its rule, root, startedAt, endedAt and members
/// (label sets). Ids and revisions are left out.
[[nodiscard]] std::string outcome(const Effects& effects);

}  // namespace triaged::test

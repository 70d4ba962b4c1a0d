// What must come out the same however inputs were shuffled, repeated or redelivered.
#pragma once

#include <string>

#include "rules/engine/input.hpp"

namespace triaged::test {

/// One paragraph for each incident that was not merged away, sorted: its rule, root, startedAt, endedAt and members
/// (the label sets whose last membership names it). Ids and revisions are left out.
[[nodiscard]] std::string outcome(const Effects& effects);

}  // namespace triaged::test

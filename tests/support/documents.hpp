// Documents in tests, with what they need and no more.
#pragma once

#include <cstdint>
#include <string>

#include "connectors/log/shard_log.hpp"
#include "rules/model/incident.hpp"
#include "rules/model/labels.hpp"

namespace triaged::test {

/// A time in the morning of 2026-03-02.
[[nodiscard]] Time at(int minutes, int seconds = 0);

/// An open P3 called "incident NUMBER" of service "web", that began, opened and changed at `number` minutes.
[[nodiscard]] IncidentDocument incident(std::uint64_t number);
/// Firing, of service "web", in no incident.
[[nodiscard]] AlertRecord alert(LabelsView labels);

[[nodiscard]] log::Output output(const IncidentDocument& document);
[[nodiscard]] log::Output output(const AlertRecord& record);

}  // namespace triaged::test

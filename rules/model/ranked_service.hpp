// A possible cause of an incident.
#pragma once

#include <cstdint>

#include "rules/model/catalogue.hpp"
#include "rules/model/time.hpp"

namespace triaged {

/// A possible cause, with the facts for whoever words the reason.
struct RankedService {
  ServiceId service = kNoService;
  std::int32_t score = 0;        // its share of the evidence, 0 to 1000
  std::uint32_t alerts = 0;      // its own onsets in the fault; 0: silent
  std::uint32_t instances = 0;   // most instances of it on which one alert name began
  std::uint32_t dependants = 0;  // services in the fault that depend on it, directly or not
  Duration lead{};               // from its first onset to the fault's first other one; negative: it came later
  bool changed = false;          // it changed shortly before
  Duration since_change{};       // from the change to the fault's first onset
};

}  // namespace triaged

#include "rules/incident/priority.hpp"

#include <string>

#include "rules/model/check.hpp"

namespace triaged {
namespace {

struct TierName {
  std::string_view name;
  std::uint8_t impact;
};
constexpr TierName kTiers[] = {
    {"0", 1},        {"1", 1},      {"tier-0", 1},   {"tier-1", 1},   {"tier0", 1},  {"tier1", 1},
    {"critical", 1}, {"gold", 1},   {"platinum", 1}, {"2", 2},        {"tier-2", 2}, {"tier2", 2},
    {"silver", 2},   {"3", 3},      {"4", 3},        {"tier-3", 3},   {"tier-4", 3}, {"tier3", 3},
    {"tier4", 3},    {"bronze", 3}, {"low", 3},      {"internal", 3},
};

}  // namespace

std::uint8_t impact_of_tier(std::string_view tier) {
  std::string lower(tier);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  for (const TierName& known : kTiers) {
    if (known.name == lower) return known.impact;
  }
  return 2;
}

std::uint8_t urgency_of(Severity severity) {
  switch (severity) {
    case Severity::critical: return 1;
    case Severity::major: return 2;
    case Severity::minor:
    case Severity::warning:
    case Severity::info: return 3;
  }
  return 3;
}

std::uint8_t priority_of(std::uint8_t impact, std::uint8_t urgency) {
  TRIAGED_CHECK(impact >= 1 && impact <= 3 && urgency >= 1 && urgency <= 3);
  return static_cast<std::uint8_t>(impact + urgency - 1);
}

}  // namespace triaged

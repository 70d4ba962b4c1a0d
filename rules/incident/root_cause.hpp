// Which service is the likeliest cause within a group of alerts, and how to say why.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/catalogue.hpp"
#include "rules/model/ranked_service.hpp"
#include "rules/model/severity.hpp"
#include "rules/model/time.hpp"

namespace triaged {

/// What a service shows within one incident.
struct ServiceSigns {
  ServiceId service = kNoService;
  Time first{};                 // its earliest start
  std::uint32_t alerts = 0;     // label sets
  std::uint32_t instances = 0;  // values of the label `instance`
  Severity severity = Severity::info;
};

/// Ranks services whose alerts were grouped by labels, where nothing was explained along the graph: a service that
/// others of the group depend on comes before them, then the worse severity, the earlier start. Best first, at most
/// five; scores add up to 1000 at most.
[[nodiscard]] std::vector<RankedService> rank_by_signs(const ServiceGraph& graph, std::span<const ServiceSigns> signs);

/// One sentence from a candidate's facts. `alert_name`: what the service's most telling alert is called; may be empty.
[[nodiscard]] std::string why(const RankedService& candidate, std::string_view alert_name, bool only_service);

/// 90 s, 4m, 2h 5m: for people.
[[nodiscard]] std::string brief(Duration duration);

}  // namespace triaged

#include "rules/incident/root_cause.hpp"

#include <algorithm>
#include <tuple>

namespace triaged {
namespace {

std::string counted(std::uint32_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

}  // namespace

std::string brief(Duration duration) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(duration < Duration{0} ? -duration : duration).count();
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min";
  return std::to_string(seconds / 3600) + " h " + std::to_string(seconds % 3600 / 60) + " min";
}

std::vector<RankedService> rank_by_signs(const ServiceGraph& graph, std::span<const ServiceSigns> signs) {
  std::vector<RankedService> ranked;
  std::vector<std::int32_t> weights;
  Time earliest = kNever;
  for (const ServiceSigns& sign : signs) earliest = std::min(earliest, sign.first);
  for (const ServiceSigns& sign : signs) {
    RankedService candidate{.service = sign.service, .alerts = sign.alerts, .instances = sign.instances};
    const auto& dependants = graph.dependants(sign.service);
    Time first_other = kNever;
    for (const ServiceSigns& other : signs) {
      if (other.service == sign.service) continue;
      first_other = std::min(first_other, other.first);
      if (std::ranges::binary_search(dependants, other.service)) ++candidate.dependants;
    }
    if (first_other != kNever) candidate.lead = first_other - sign.first;
    const auto late = std::chrono::duration_cast<std::chrono::seconds>(sign.first - earliest).count();
    std::int32_t weight = 100 + 100 * static_cast<std::int32_t>(sign.severity);
    weight += 400 * static_cast<std::int32_t>(std::min<std::uint32_t>(candidate.dependants, 5));
    weight += static_cast<std::int32_t>(std::max<std::int64_t>(0, 200 - late));
    candidate.score = weight;
    ranked.push_back(candidate);
  }
  std::ranges::sort(ranked, {}, [](const RankedService& c) { return std::tuple(-c.score, -c.lead, c.service); });
  if (ranked.size() > 5) ranked.resize(5);
  std::int64_t total = 0;
  for (const RankedService& candidate : ranked) total += candidate.score;
  for (RankedService& candidate : ranked) {
    candidate.score =
        static_cast<std::int32_t>(candidate.score * std::int64_t{1000} / std::max<std::int64_t>(total, 1));
  }
  return ranked;
}

std::string why(const RankedService& candidate, std::string_view alert_name, bool only_service) {
  std::string text;
  if (candidate.alerts == 0) {
    text = "raised no alert itself, and " +
           counted(candidate.dependants, "alerting service depends", "alerting services depend") + " on it";
  } else {
    text = alert_name.empty() ? counted(candidate.alerts, "alert", "alerts") : std::string(alert_name);
    if (candidate.instances > 1) text += " on " + std::to_string(candidate.instances) + " instances";
    if (only_service) {
      text += "; no other service alerts";
    } else {
      if (candidate.lead >= Duration{0}) {
        text += ", " + brief(candidate.lead) + " before the first alert of another service";
      } else {
        text += ", " + brief(candidate.lead) + " after the first alert of another service";
      }
      if (candidate.dependants > 0) {
        text += "; " + counted(candidate.dependants, "alerting service depends", "alerting services depend") + " on it";
      }
    }
  }
  if (candidate.changed) text += "; changed " + brief(candidate.since_change) + " before";
  return text;
}

}  // namespace triaged

#include "rules/correlate/topology_burst.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "rules/correlate/topology_likelihood.hpp"

namespace triaged::topology {
namespace {

constexpr std::int64_t kBurstMs = 30'000;
constexpr std::int32_t kHabit = -7'000;

std::int64_t ms(Time time) { return time.time_since_epoch().count(); }

void describe(std::span<const Onset> onsets, std::span<std::uint32_t> members, std::int64_t history_ms, Burst& burst) {
  std::sort(members.begin(), members.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::tie(onsets[a].name, onsets[a].instance, onsets[a].id) <
           std::tie(onsets[b].name, onsets[b].instance, onsets[b].id);
  });
  Severity worst = Severity::info;
  std::uint32_t same = 0;
  std::uint32_t fleet = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Onset& onset = onsets[members[i]];
    const bool new_name = i == 0 || onset.name != onsets[members[i - 1]].name;
    const bool new_instance = new_name || onset.instance != onsets[members[i - 1]].instance;
    burst.names += new_name;
    same = new_name ? 1 : same + new_instance;
    burst.instances = std::max(burst.instances, same);
    burst.chatter += chatter(onset.earlier, history_ms) - (i == 0 ? 0 : kExtraOnset);
    worst = std::max(worst, onset.severity);
    fleet = std::max(fleet, onset.fleet);
  }
  burst.causal = causal(burst.instances, fleet, burst.names, worst);
}

}  // namespace

void gather(std::span<const Onset> onsets, std::int64_t history_ms, Bursts& out) {
  out.bursts.clear();
  out.order.resize(onsets.size());
  std::iota(out.order.begin(), out.order.end(), 0U);
  const auto habit = [&](const Onset& onset) { return chatter(onset.earlier, history_ms) > kHabit; };
  std::sort(out.order.begin(), out.order.end(), [&](std::uint32_t left, std::uint32_t right) {
    const Onset& a = onsets[left];
    const Onset& b = onsets[right];
    const bool a_habit = habit(a);
    const bool b_habit = habit(b);
    return std::tie(a.service, a.fixed, a_habit, a.start, a.id) < std::tie(b.service, b.fixed, b_habit, b.start, b.id);
  });
  for (std::uint32_t i = 0; i < out.order.size(); ++i) {
    const Onset& onset = onsets[out.order[i]];
    const bool alone = habit(onset);
    if (!out.bursts.empty() && !alone) {
      Burst& last = out.bursts.back();
      if (last.service == onset.service && last.fixed == onset.fixed && ms(onset.start) - last.begin <= kBurstMs) {
        last.to = i + 1;
        continue;
      }
    }
    out.bursts.push_back(
        {.service = onset.service, .begin = ms(onset.start), .fixed = onset.fixed, .from = i, .to = i + 1});
  }
  for (Burst& burst : out.bursts) {
    describe(onsets, std::span(out.order).subspan(burst.from, burst.to - burst.from), history_ms, burst);
  }
}

}  // namespace triaged::topology

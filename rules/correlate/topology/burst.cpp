#include "rules/correlate/topology/burst.hpp"

#include <algorithm>
#include <tuple>

#include "rules/correlate/topology/likelihood.hpp"

namespace triaged::topology {
namespace {

constexpr std::int64_t kBurstMs = 30'000;
constexpr std::int32_t kHabit = -7'000;

std::int64_t ms(Time time) { return time.time_since_epoch().count(); }

void describe(std::span<const Onset> onsets, std::span<std::uint32_t> members, Burst& burst) {
  std::sort(members.begin(), members.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::tie(onsets[a].name, onsets[a].instance, onsets[a].id) <
           std::tie(onsets[b].name, onsets[b].instance, onsets[b].id);
  });
  Severity worst = Severity::info;
  std::uint32_t same = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Onset& onset = onsets[members[i]];
    const bool new_name = i == 0 || onset.name != onsets[members[i - 1]].name;
    const bool new_instance = new_name || onset.instance != onsets[members[i - 1]].instance;
    burst.names += new_name;
    same = new_name ? 1 : same + new_instance;
    burst.instances = std::max(burst.instances, same);
    worst = std::max(worst, onset.severity);
  }
  burst.causal = causal(burst.instances, burst.names, worst);
}

// Whether an onset is of the burst that began at `begin` and has `last` so far. Habits that nothing tells apart are of
// one: else the order in which they came would tell which of them has a cause.
bool together(std::span<const Onset> onsets, const Bursts::Key& last, const Bursts::Key& next, std::int64_t begin) {
  if (last.service != next.service || last.fixed != next.fixed || last.habit != next.habit) return false;
  if (!next.habit) return ms(next.start) - begin <= kBurstMs;
  return last.start == next.start && last.chatter == next.chatter &&
         onsets[last.onset].severity == onsets[next.onset].severity;
}

}  // namespace

void gather(std::span<const Onset> onsets, std::int64_t history_ms, Bursts& out) {
  out.keys.clear();
  for (std::uint32_t i = 0; i < onsets.size(); ++i) {
    const Onset& onset = onsets[i];
    const std::int32_t weight = chatter(onset.earlier, history_ms);
    out.keys.push_back({onset.service, i, onset.fixed, weight > kHabit, weight, onset.start});
  }
  std::sort(out.keys.begin(), out.keys.end(), [&](const Bursts::Key& a, const Bursts::Key& b) {
    const auto rank = [&](const Bursts::Key& key) {
      const Onset& onset = onsets[key.onset];
      return std::tie(key.service, key.fixed, key.habit, key.start, key.chatter, onset.severity, onset.id);
    };
    return rank(a) < rank(b);
  });
  out.bursts.clear();
  out.order.clear();
  for (const Bursts::Key& key : out.keys) {
    const auto at = static_cast<std::uint32_t>(out.order.size());
    out.order.push_back(key.onset);
    if (at > 0 && together(onsets, out.keys[at - 1], key, out.bursts.back().begin)) {
      out.bursts.back().to = at + 1;
      out.bursts.back().chatter += key.chatter - kExtraOnset;
      continue;
    }
    out.bursts.push_back({.service = key.service,
                          .begin = ms(key.start),
                          .fixed = key.fixed,
                          .from = at,
                          .to = at + 1,
                          .chatter = key.chatter});
  }
  for (Burst& burst : out.bursts) {
    describe(onsets, std::span(out.order).subspan(burst.from, burst.to - burst.from), burst);
  }
}

}  // namespace triaged::topology

#include "rules/correlate/topology/reach.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "rules/correlate/topology/likelihood.hpp"

namespace triaged::topology {
namespace {

// A hub's far causes add little and cost much.
constexpr std::size_t kMostCauses = 2'000;

}  // namespace

Reach::Reach(const ServiceGraph& graph, std::span<const std::uint32_t> kinds, std::uint32_t hops)
    : graph_(&graph),
      hops_(hops),
      kinds_(graph.size()),
      causes_(graph.size()),
      seen_(graph.size()),
      marks_(graph.size()) {
  std::map<std::uint32_t, std::uint32_t> numbers;
  for (std::size_t i = 0; i < graph.size(); ++i) numbers.try_emplace(i < kinds.size() ? kinds[i] : 0);
  std::uint32_t count = 0;
  for (auto& [given, number] : numbers) number = count++;
  std::vector<std::uint64_t> sizes(count);
  std::vector<std::map<std::uint32_t, std::uint64_t>> edges(count);
  for (std::size_t i = 0; i < graph.size(); ++i) {
    kinds_[i] = numbers[i < kinds.size() ? kinds[i] : 0];
    ++sizes[kinds_[i]];
  }
  for (std::size_t i = 0; i < graph.size(); ++i) {
    for (const ServiceId on : graph.dependencies(ServiceId{static_cast<std::uint32_t>(i)})) {
      ++edges[kinds_[i]][kinds_[index(on)]];
    }
  }
  habits_.resize(count);
  usual_.resize(count);
  for (std::uint32_t from = 0; from < count; ++from) {
    for (const auto& [on, found] : edges[from]) {
      habits_[from].push_back({on, log2_milli(found) - log2_milli(sizes[from] * sizes[on])});
    }
  }
}

const std::vector<Hop>& Reach::causes(ServiceId service) {
  std::vector<Hop>& found = causes_[index(service)];
  if (!found.empty()) return found;
  ++round_;
  found.push_back({service, 0});
  seen_[index(service)] = round_;
  for (std::size_t i = 0; i < found.size() && found.size() < kMostCauses; ++i) {
    const Hop at = found[i];
    if (at.distance == hops_) break;
    for (const ServiceId next : graph_->dependencies(at.service)) {
      if (seen_[index(next)] == round_) continue;
      seen_[index(next)] = round_;
      found.push_back({next, at.distance + 1});
    }
  }
  return found;
}

void Reach::look_anew(ServiceId service) {
  looker_ = service;
  ++look_;
  for (const Hop& hop : causes(service)) marks_[index(hop.service)] = {look_, hop.distance};
  usual_bits_ = 0;
  for (const Habit& habit : habits(service)) {
    usual_[habit.on] = look_;
    usual_bits_ |= std::uint64_t{1} << habit.on % 64;
  }
}

}  // namespace triaged::topology

#include "rules/incident/rule_list.hpp"

#include <algorithm>
#include <utility>

namespace triaged {
namespace {

// What a retired rule keeps: it is the same whether it was retired here or came out of a snapshot.
CorrelationRule without_matchers(CorrelationRule rule) {
  CorrelationRule kept;
  kept.name = std::move(rule.name);
  kept.origin = std::move(rule.origin);
  kept.timespan = rule.timespan;
  kept.title = std::move(rule.title);
  if (auto* labels = std::get_if<ByLabels>(&rule.by)) {
    kept.by = ByLabels{.labels = std::move(labels->labels), .join = labels->join};
  } else {
    kept.by = std::get<ByTopology>(rule.by);
  }
  return kept;
}

bool same_groups(const CorrelationRule& a, const CorrelationRule& b) {
  if (a.name != b.name || a.by.index() != b.by.index()) return false;
  const auto* labels = std::get_if<ByLabels>(&a.by);
  return labels == nullptr || labels->labels == std::get<ByLabels>(b.by).labels;
}

bool same_matchers(const Matchers& a, const Matchers& b) {
  return std::ranges::equal(
      a, b, {}, [](const Matcher& m) { return m.text(); }, [](const Matcher& m) { return m.text(); });
}

bool same_decisions(const CorrelationRule& a, const CorrelationRule& b) {
  if (!same_groups(a, b) || !same_matchers(a.matchers, b.matchers)) return false;
  if (!same_matchers(a.opening_matchers, b.opening_matchers)) return false;
  if (a.timespan != b.timespan || a.hold != b.hold || a.otherwise != b.otherwise) return false;
  const auto* labels = std::get_if<ByLabels>(&a.by);
  if (labels == nullptr) return std::get<ByTopology>(a.by).hops == std::get<ByTopology>(b.by).hops;
  const auto& other = std::get<ByLabels>(b.by);
  return labels->missing == other.missing && labels->join == other.join;
}

}  // namespace

std::vector<bool> RuleList::differing(const std::vector<CorrelationRule>& next) const {
  std::vector<bool> others;
  for (const CorrelationRule& rule : next) {
    const auto end = rules_.begin() + static_cast<std::ptrdiff_t>(active_);
    others.push_back(
        std::none_of(rules_.begin(), end, [&](const CorrelationRule& r) { return same_decisions(r, rule); }));
  }
  return others;
}

std::vector<RuleIndex> RuleList::successors(const std::vector<CorrelationRule>& next) const {
  std::vector<RuleIndex> found(rules_.size(), kNoRule);
  found[0] = 0;
  std::vector<bool> taken(next.size());
  for (std::size_t i = 1; i < rules_.size(); ++i) {
    for (std::uint32_t at = 1; at < next.size(); ++at) {
      if (taken[at] || !same_groups(next[at], rules_[i])) continue;
      found[i] = at;
      taken[at] = true;
      break;
    }
  }
  return found;
}

std::vector<RuleIndex> RuleList::replace(std::vector<CorrelationRule> next, const std::vector<bool>& named) {
  std::vector<RuleIndex> now = successors(next);
  const std::size_t active = next.size();
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (now[i] != kNoRule || !named[i]) continue;
    now[i] = static_cast<std::uint32_t>(next.size());
    next.push_back(without_matchers(std::move(rules_[i])));
  }
  rules_ = std::move(next);
  active_ = active;
  return now;
}

std::vector<RuleList::Retired> RuleList::to_retired() const {
  std::vector<Retired> all;
  for (std::size_t i = active_; i < rules_.size(); ++i) {
    const CorrelationRule& rule = rules_[i];
    Retired& out = all.emplace_back();
    out.name = rule.name;
    out.file = rule.origin.file;
    out.line = rule.origin.line;
    out.timespan = rule.timespan;
    out.title = rule.title;
    if (const auto* labels = std::get_if<ByLabels>(&rule.by)) {
      out.labels = labels->labels;
      out.join = labels->join;
    } else {
      out.hops = std::get<ByTopology>(rule.by).hops;
    }
  }
  return all;
}

void RuleList::add_retired(const std::vector<Retired>& retired) {
  for (const Retired& in : retired) {
    CorrelationRule& rule = rules_.emplace_back();
    rule.name = in.name;
    rule.origin = {.file = in.file, .line = in.line};
    rule.timespan = in.timespan;
    rule.title = in.title;
    if (in.hops != 0) {
      rule.by = ByTopology{.hops = in.hops};
    } else {
      rule.by = ByLabels{.labels = in.labels, .join = in.join};
    }
  }
}

}  // namespace triaged

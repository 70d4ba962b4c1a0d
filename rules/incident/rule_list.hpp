// The correlation rules that incidents belong to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rules/model/archive.hpp"
#include "rules/model/bundle.hpp"
#include "rules/model/number.hpp"

namespace triaged {

/// Active rules in the order in which they are tried, of which the first is the engine's own; then retired ones: rules
/// that no bundle has any more and that some incident still names. A retired rule takes nothing new, so of what it was
/// only that is kept which says why its members are together, and which of its incidents belong together.
class RuleList {
 public:
  explicit RuleList(std::vector<CorrelationRule> active) : rules_(std::move(active)), active_(rules_.size()) {}

  [[nodiscard]] const CorrelationRule& operator[](std::size_t at) const { return rules_[at]; }
  [[nodiscard]] std::size_t size() const { return rules_.size(); }
  [[nodiscard]] std::size_t active() const { return active_; }
  [[nodiscard]] bool retired(std::size_t at) const { return at >= active_; }
  [[nodiscard]] auto begin() const { return rules_.begin(); }
  [[nodiscard]] auto end() const { return rules_.end(); }

  /// For each rule, which of `next` goes on with its groups: one of the same name that groups by the same. kNoRule:
  /// none.
  static constexpr RuleIndex kNoRule{UINT32_MAX};
  [[nodiscard]] std::vector<RuleIndex> successors(const std::vector<CorrelationRule>& next) const;
  /// For each of `next`, whether no active rule takes the same alerts and makes the same of them.
  [[nodiscard]] std::vector<bool> differing(const std::vector<CorrelationRule>& next) const;
  /// Takes `next` as the active rules. Rules without a successor are retired where `named` says that an incident names
  /// them, else gone. Returns what each rule is now.
  std::vector<RuleIndex> replace(std::vector<CorrelationRule> next, const std::vector<bool>& named);

  /// Only retired rules are state; the others come with the bundle.
  template <class A>
  void fields(A& a) {
    std::vector<Retired> retired_rules = to_retired();
    a(retired_rules);
    if constexpr (archive::Reading<A>) add_retired(retired_rules);
  }

 private:
  struct Retired {
    std::string name;
    std::string file;
    std::uint32_t line = 0;
    std::uint32_t hops = 0;  // 0: by labels
    std::vector<std::string> labels;
    ByLabels::Join join{};
    Duration timespan{};
    std::string title;
    template <class A>
    void fields(A& a) {
      a(name, file, line, hops, labels, join, timespan, title);
    }
  };
  [[nodiscard]] std::vector<Retired> to_retired() const;
  void add_retired(const std::vector<Retired>& retired);

  std::vector<CorrelationRule> rules_;
  std::size_t active_;
};

}  // namespace triaged

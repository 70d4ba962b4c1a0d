// Rule files → rules.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml/node.hpp"
#include "rules/enrich/relabel.hpp"
#include "rules/model/bundle.hpp"

namespace triaged::config {

/// The rules of all rule files, in the order in which they were read.
struct RuleSet {
  std::vector<RelabelConfig> relabel;
  std::vector<DedupRule> dedup;
  std::vector<CorrelationRule> correlate;

  [[nodiscard]] std::size_t size() const { return relabel.size() + dedup.size() + correlate.size(); }
};

/// Reads one rule file after the other; names are unique over all of them. Not thread-safe.
class RuleReader {
 public:
  /// Appends what can be read. Faults go to the document's.
  void read(yaml::Document& document);
  [[nodiscard]] RuleSet& rules() { return rules_; }

 private:
  void read_relabel(const yaml::Node& list, yaml::Faults& faults);
  void read_dedup(const yaml::Node& list, yaml::Faults& faults);
  void read_correlate(const yaml::Node& list, yaml::Faults& faults);
  void check_name(std::string_view kind, const yaml::Node& rule, yaml::Faults& faults);

  RuleSet rules_;
  std::map<std::string, Origin> names_;  // "correlate NAME"
};

/// The top-level keys of a rule file.
[[nodiscard]] const std::vector<std::string>& rule_file_keys();

}  // namespace triaged::config

#include "config/ruleset/relabeling.hpp"

#include "config/reading/options.hpp"

namespace triaged::config {
namespace {

using yaml::Faults;
using yaml::Node;

const Options<RelabelConfig>& options() {
  using enum RelabelAction;
  static const Options<RelabelConfig> kOptions(
      "a relabelling step",
      {
          choice_option("action", &RelabelConfig::action, "action",
                        {{"replace", replace},
                         {"keep", keep},
                         {"drop", drop},
                         {"labelmap", labelmap},
                         {"labeldrop", labeldrop},
                         {"labelkeep", labelkeep},
                         {"lowercase", lowercase},
                         {"uppercase", uppercase},
                         {"hashmod", hashmod},
                         {"keepequal", keepequal},
                         {"dropequal", dropequal}},
                        "What the step does."),
          texts_option("source_labels", &RelabelConfig::source_labels, "label names",
                       "Their values, joined by the separator, are what the step looks at."),
          text_option("separator", &RelabelConfig::separator, "Stands between the values.", true),
          text_option("regex", &RelabelConfig::regex, "RE2, anchored at both ends.", true),
          text_option("target_label", &RelabelConfig::target_label, "The label that the step sets."),
          text_option("replacement", &RelabelConfig::replacement, "The new value; $1 is the first group.", true),
          integer_option("modulus", &RelabelConfig::modulus, {1, UINT32_MAX}, "Of hashmod."),
      });
  return kOptions;
}

// Where the fault is: in the regex, if the step is good without it.
yaml::Position place_of_fault(const Node& node, RelabelConfig config) {
  const Node* regex = find(node, "regex");
  if (regex == nullptr) return node.at;
  config.regex = RelabelConfig{}.regex;
  return Relabeler::compile({std::move(config)}) ? regex->at : node.at;
}

}  // namespace

std::optional<RelabelConfig> read_relabel_config(const Node& node, Faults& faults) {
  RelabelConfig config;
  config.origin = {faults.source().name(), node.at.line};
  const std::size_t faults_before = faults.count();
  if (!options().read(node, faults, config) || faults.count() > faults_before) return std::nullopt;
  const auto compiled = Relabeler::compile({config});
  if (!compiled) {
    faults.error(place_of_fault(node, config), compiled.error().message);
    return std::nullopt;
  }
  return config;
}

}  // namespace triaged::config

#include "config/ruleset/ruleset.hpp"

#include "config/reading/options.hpp"
#include "config/ruleset/correlation.hpp"
#include "config/ruleset/relabeling.hpp"

namespace triaged::config {
namespace {

using yaml::Faults;
using yaml::Node;

struct DedupDraft {
  std::string name;
  Matchers matchers;
  std::vector<std::string> ignore;
};

const Options<DedupDraft>& dedup_options() {
  static const Options<DedupDraft> kOptions(
      "a dedup rule",
      {
          required(text_option("name", &DedupDraft::name, "Unique.")),
          matchers_option("matchers", &DedupDraft::matchers, "The alerts that the rule takes; without it, all."),
          required(texts_option("ignore", &DedupDraft::ignore, "label names",
                                "Labels that make no difference to which alert it is.")),
      });
  return kOptions;
}

struct Sections {
  const Node* relabel = nullptr;
  const Node* dedup = nullptr;
  const Node* correlate = nullptr;
};

Option<Sections> section(std::string key, const Node* Sections::* member, std::string doc) {
  return {std::move(key), "list", "", std::move(doc),
          [member](const Node& node, Faults&, Sections& sections) { sections.*member = &node; }};
}

const Options<Sections>& sections() {
  static const Options<Sections> kOptions(
      "a rule file", {
                         section("relabel_configs", &Sections::relabel, "Prometheus's relabelling, before all else."),
                         section("dedup", &Sections::dedup, "What makes two alerts the same alert."),
                         later_option<Sections>("detect", "Alerts in, one derived alert out."),
                         later_option<Sections>("suppress", "Silences, maintenance windows, inhibition."),
                         section("correlate", &Sections::correlate, "Alerts in, incidents out."),
                     });
  return kOptions;
}

}  // namespace

const std::vector<std::string>& rule_file_keys() { return sections().keys(); }

void RuleReader::read(yaml::Document& document) {
  if (!document.usable) return;
  Faults& faults = *document.faults;
  if (document.root.is(Node::Kind::null)) {
    faults.warning({}, "there is no rule in this file");
    return;
  }
  Sections found;
  if (!sections().read(document.root, faults, found)) return;
  if (found.relabel != nullptr) read_relabel(*found.relabel, faults);
  if (found.dedup != nullptr) read_dedup(*found.dedup, faults);
  if (found.correlate != nullptr) read_correlate(*found.correlate, faults);
}

void RuleReader::check_name(std::string_view kind, const Node& rule, Faults& faults) {
  const Node* name = find(rule, "name");
  if (name == nullptr || !name->is(Node::Kind::scalar) || name->text.empty()) return;
  const auto [known, is_new] =
      names_.try_emplace(fmt::format("{} {}", kind, name->text), Origin{faults.source().name(), name->at.line});
  if (is_new) return;
  const auto& [file, line] = known->second;
  faults.error(name->at,
               fmt::format("a {} rule \"{}\" stands already in {}:{}; names are unique", kind, name->text, file, line));
}

void RuleReader::read_relabel(const Node& list, Faults& faults) {
  const auto* entries = read_list(list, faults, "relabelling steps");
  if (entries == nullptr) return;
  for (const Node& entry : *entries) {
    if (auto config = read_relabel_config(entry, faults)) rules_.relabel.push_back(std::move(*config));
  }
}

void RuleReader::read_dedup(const Node& list, Faults& faults) {
  const auto* entries = read_list(list, faults, "dedup rules");
  if (entries == nullptr) return;
  for (const Node& entry : *entries) {
    DedupDraft draft;
    if (!dedup_options().read(entry, faults, draft)) continue;
    check_name("dedup", entry, faults);
    const Node* ignore = find(entry, "ignore");
    if (ignore != nullptr && ignore->is(Node::Kind::sequence) && ignore->children.empty()) {
      faults.error(ignore->at, "a rule that ignores no label does nothing; name at least one");
    }
    rules_.dedup.push_back({std::move(draft.name),
                            {faults.source().name(), entry.at.line},
                            std::move(draft.matchers),
                            std::move(draft.ignore)});
  }
}

void RuleReader::read_correlate(const Node& list, Faults& faults) {
  const auto* entries = read_list(list, faults, "correlation rules");
  if (entries == nullptr) return;
  for (const Node& entry : *entries) {
    auto rule = read_correlation_rule(entry, faults);
    if (!rule) continue;
    check_name("correlate", entry, faults);
    rules_.correlate.push_back(std::move(*rule));
  }
}

}  // namespace triaged::config

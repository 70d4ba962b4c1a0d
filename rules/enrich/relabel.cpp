#include "rules/enrich/relabel.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/uuid/detail/md5.hpp>

#include "rules/enrich/letter_case.hpp"
#include "rules/enrich/replacement.hpp"
#include "rules/match/anchored_regex.hpp"

namespace triaged {
namespace {

std::string_view to_string(RelabelAction action) {
  switch (action) {
    case RelabelAction::replace: return "replace";
    case RelabelAction::keep: return "keep";
    case RelabelAction::drop: return "drop";
    case RelabelAction::labelmap: return "labelmap";
    case RelabelAction::labeldrop: return "labeldrop";
    case RelabelAction::labelkeep: return "labelkeep";
    case RelabelAction::lowercase: return "lowercase";
    case RelabelAction::uppercase: return "uppercase";
    case RelabelAction::hashmod: return "hashmod";
    case RelabelAction::keepequal: return "keepequal";
    case RelabelAction::dropequal: return "dropequal";
  }
  return "replace";
}

bool needs_target(RelabelAction action) {
  switch (action) {
    case RelabelAction::replace:
    case RelabelAction::hashmod:
    case RelabelAction::lowercase:
    case RelabelAction::uppercase:
    case RelabelAction::keepequal:
    case RelabelAction::dropequal: return true;
    default: return false;
  }
}

// What Prometheus refuses, in its order; nullopt: nothing.
std::optional<std::string> fault(const RelabelConfig& config) {
  static const RelabelConfig kDefault;
  const auto for_action = " for the action " + std::string(to_string(config.action));
  const bool only_default_matching = config.separator == kDefault.separator &&
                                     config.replacement == kDefault.replacement && config.modulus == kDefault.modulus;
  if (config.action == RelabelAction::hashmod && config.modulus == 0) return "modulus must not be 0" + for_action;
  if (needs_target(config.action) && config.target_label.empty()) return "target_label is missing" + for_action;
  switch (config.action) {
    case RelabelAction::lowercase:
    case RelabelAction::uppercase:
      if (config.replacement != kDefault.replacement) return "replacement can not be set" + for_action;
      break;
    case RelabelAction::labelmap:
      if (config.replacement.empty()) return "replacement must not be empty" + for_action;
      break;
    case RelabelAction::keepequal:
    case RelabelAction::dropequal:
      if (!only_default_matching || config.regex != kDefault.regex) {
        return "only source_labels and target_label can be set" + for_action;
      }
      break;
    case RelabelAction::labeldrop:
    case RelabelAction::labelkeep:
      if (!only_default_matching || !config.source_labels.empty() || !config.target_label.empty()) {
        return "only regex can be set" + for_action;
      }
      break;
    default: break;
  }
  return std::nullopt;
}

// The last eight bytes of the MD5, read as a big-endian number.
std::uint64_t md5_tail(std::string_view text) {
  boost::uuids::detail::md5 md5;
  // In pieces below its block size it copies what it is given into its own, aligned buffer, and reads words only there.
  constexpr std::size_t kPiece = 32;
  for (; !text.empty(); text.remove_prefix(std::min(kPiece, text.size()))) {
    md5.process_bytes(text.data(), std::min(kPiece, text.size()));
  }
  boost::uuids::detail::md5::digest_type digest;
  md5.get_digest(digest);
  // Each word's value is its four bytes read big-endian, on every machine.
  static_assert(sizeof(digest) == 16 && sizeof(digest[0]) == 4);
  return (std::uint64_t{digest[2]} << 32U) | digest[3];
}

}  // namespace

struct Relabeler::Step {
  RelabelConfig config;
  AnchoredRegex regex;
  bool takes_all = false;  // "(.*)", the default: no need to run it
  Replacement target;
  Replacement replacement;

  [[nodiscard]] std::string source(const LabelsBuilder& labels) const;
  [[nodiscard]] bool matches(std::string_view value) const { return takes_all || regex.matches(value); }
  [[nodiscard]] bool apply(LabelsBuilder& labels) const;

 private:
  bool match(std::string_view value, std::vector<std::string_view>& groups) const;
  void replace(LabelsBuilder& labels) const;
  void map_names(LabelsBuilder& labels) const;
  void erase_names(LabelsBuilder& labels, bool matching) const;
};

std::string Relabeler::Step::source(const LabelsBuilder& labels) const {
  std::string value;
  for (std::size_t i = 0; i < config.source_labels.size(); ++i) {
    if (i > 0) value += config.separator;
    value += labels.get(config.source_labels[i]);
  }
  return value;
}

bool Relabeler::Step::match(std::string_view value, std::vector<std::string_view>& groups) const {
  if (!takes_all) return regex.matches(value, groups);
  groups.assign(2, value);
  return true;
}

void Relabeler::Step::replace(LabelsBuilder& labels) const {
  const auto value = source(labels);
  std::vector<std::string_view> groups;
  if (!match(value, groups)) return;
  const auto name = target.expand(groups);
  if (name.empty()) return;
  labels.set(name, replacement.expand(groups));
}

void Relabeler::Step::map_names(LabelsBuilder& labels) const {
  std::vector<std::pair<std::string, std::string>> mapped;
  std::vector<std::string_view> groups;
  for (const auto& [name, value] : labels.pairs()) {
    if (match(name, groups)) mapped.emplace_back(replacement.expand(groups), value);
  }
  for (const auto& [name, value] : mapped) {
    if (!name.empty()) labels.set(name, value);
  }
}

void Relabeler::Step::erase_names(LabelsBuilder& labels, bool matching) const {
  std::vector<std::string> erased;
  for (const auto& [name, value] : labels.pairs()) {
    if (matches(name) == matching) erased.push_back(name);
  }
  for (const auto& name : erased) labels.erase(name);
}

bool Relabeler::Step::apply(LabelsBuilder& labels) const {
  switch (config.action) {
    case RelabelAction::keep: return matches(source(labels));
    case RelabelAction::drop: return !matches(source(labels));
    case RelabelAction::keepequal: return labels.get(config.target_label) == source(labels);
    case RelabelAction::dropequal: return labels.get(config.target_label) != source(labels);
    case RelabelAction::replace: replace(labels); break;
    case RelabelAction::lowercase: labels.set(config.target_label, to_lower(source(labels))); break;
    case RelabelAction::uppercase: labels.set(config.target_label, to_upper(source(labels))); break;
    case RelabelAction::hashmod:
      labels.set(config.target_label, std::to_string(md5_tail(source(labels)) % config.modulus));
      break;
    case RelabelAction::labelmap: map_names(labels); break;
    case RelabelAction::labeldrop: erase_names(labels, true); break;
    case RelabelAction::labelkeep: erase_names(labels, false); break;
  }
  return true;
}

std::expected<Relabeler, Relabeler::Error> Relabeler::compile(std::vector<RelabelConfig> configs) {
  std::vector<Step> steps;
  steps.reserve(configs.size());
  for (auto& config : configs) {
    if (auto message = fault(config)) return std::unexpected(Error{steps.size(), std::move(*message)});
    auto regex = AnchoredRegex::compile(config.regex, AnchoredRegex::Dot::any);
    if (!regex) return std::unexpected(Error{steps.size(), "regex: " + regex.error()});
    Step step;
    step.regex = std::move(*regex);
    step.takes_all = config.regex == "(.*)";
    step.target = Replacement(config.target_label, step.regex);
    step.replacement = Replacement(config.replacement, step.regex);
    step.config = std::move(config);
    steps.push_back(std::move(step));
  }
  Relabeler relabeler;
  relabeler.steps_ = std::make_shared<const std::vector<Step>>(std::move(steps));
  return relabeler;
}

bool Relabeler::apply(LabelsBuilder& labels, std::size_t* dropped_by) const {
  for (std::size_t i = 0; i < size(); ++i) {
    if ((*steps_)[i].apply(labels)) continue;
    if (dropped_by != nullptr) *dropped_by = i;
    return false;
  }
  return true;
}

std::size_t Relabeler::size() const { return steps_ == nullptr ? 0 : steps_->size(); }

const RelabelConfig& Relabeler::config(std::size_t step) const { return (*steps_)[step].config; }

}  // namespace triaged

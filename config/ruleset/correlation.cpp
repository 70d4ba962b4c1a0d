#include "config/ruleset/correlation.hpp"

#include "config/reading/options.hpp"
#include "rules/enrich/template.hpp"

namespace triaged::config {
namespace {

using yaml::Faults;
using yaml::Node;

constexpr DurationBounds kTimespan{Duration{1}, std::chrono::hours(24)};
constexpr DurationBounds kHold{Duration{0}, std::chrono::hours(1)};
constexpr IntegerBounds kHops{1, 16};

struct Draft {
  std::string name;
  Matchers matchers;
  bool by_topology = false;
  std::vector<std::string> labels;
  Duration timespan = CorrelationRule{}.timespan;
  std::uint32_t hops = ByTopology{}.hops;
  Duration hold{0};
  ByLabels::Join join = ByLabels{}.join;
  ByLabels::Missing missing = ByLabels{}.missing;
  CorrelationRule::Otherwise otherwise = CorrelationRule{}.otherwise;
  Matchers opening_matchers;
  std::string title;
};

void read_by(const Node& node, Faults& faults, Draft& draft) {
  static const Options<Draft> kByLabels(
      "\"by\"",
      {required(texts_option("labels", &Draft::labels, "label names", "Alerts that agree in all of these."))});
  if (node.is(Node::Kind::scalar)) {
    draft.by_topology = node.text == "topology";
    if (!draft.by_topology) {
      const bool misspelt = !nearest(std::string(node.text), {"topology"}).empty();
      faults.error(node.at, fmt::format("expected topology or {{labels: [..]}}, found \"{}\"; {}", node.text,
                                        misspelt ? "did you mean \"topology\"?" : "write by: {labels: [service]}"));
    }
    return;
  }
  if (!kByLabels.read(node, faults, draft)) return;
  const Node* labels = find(node, "labels");
  if (labels != nullptr && labels->is(Node::Kind::sequence) && labels->children.empty()) {
    faults.error(labels->at, "without a label all alerts would make one incident; name at least one");
  }
}

void read_title(const Node& node, Faults& faults, Draft& draft) {
  const auto text = read_text(node, faults);
  if (!text) return;
  if (const auto parsed = Template::parse(*text); !parsed) {
    faults.error(place_in(node, parsed.error().offset, faults.source()), parsed.error().message);
    return;
  }
  draft.title = *text;
}

const Options<Draft>& options() {
  static const Options<Draft> kOptions(
      "a correlation rule",
      {
          required(text_option("name", &Draft::name, "Unique; stands in every incident that the rule opens.")),
          matchers_option("matchers", &Draft::matchers, "The alerts that the rule takes; without it, all."),
          {"by", "topology or {labels: [..]}", "", "What alerts of one incident have in common.", read_by, true},
          duration_option("timespan", &Draft::timespan, kTimespan,
                          "How far an alert's start may lie from the nearest start in the incident."),
          integer_option("hops", &Draft::hops, kHops, "How far apart in the dependency graph; with by: topology only."),
          duration_option("hold", &Draft::hold, kHold, "How long publication waits for the cause."),
          choice_option("join", &Draft::join, "way to join",
                        {{"while_open", ByLabels::Join::while_open}, {"timespan", ByLabels::Join::timespan}},
                        "How long alerts join an incident; with by: {labels: ..} only."),
          choice_option("missing", &Draft::missing, "choice",
                        {{"skip", ByLabels::Missing::skip}, {"empty", ByLabels::Missing::empty}},
                        "What an alert without one of the labels does; with by: {labels: ..} only."),
          choice_option("otherwise", &Draft::otherwise, "choice",
                        {{"next", CorrelationRule::Otherwise::next}, {"open", CorrelationRule::Otherwise::open}},
                        "What an alert that joins nothing does."),
          matchers_option("opening_matchers", &Draft::opening_matchers,
                          "Alerts that these do not take may join an incident, but open none."),
          {"title", "template", "", "The incidents' title; {{ $labels.x }}, {{ $root }}, {{ $count }} are filled in.",
           read_title},
      });
  return kOptions;
}

void check_fit(const Node& node, Faults& faults) {
  const Node* by = find(node, "by");
  if (by == nullptr) return;
  const bool topology = by->is(Node::Kind::scalar) && by->text == "topology";
  const bool labels = by->is(Node::Kind::map);
  for (const std::string_view key : {"hops", "join", "missing"}) {
    const Node* value = find(node, key);
    const bool fits = key == "hops" ? !labels : !topology;
    if (value == nullptr || fits) continue;
    faults.error(value->key_at,
                 fmt::format("\"{}\" does not fit by: {}; leave it out", key, topology ? "topology" : "{labels: ..}"));
  }
}

}  // namespace

std::optional<CorrelationRule> read_correlation_rule(const Node& node, Faults& faults) {
  Draft draft;
  if (!options().read(node, faults, draft)) return std::nullopt;
  check_fit(node, faults);
  CorrelationRule rule;
  rule.name = std::move(draft.name);
  rule.origin = {faults.source().name(), node.at.line};
  rule.matchers = std::move(draft.matchers);
  if (draft.by_topology) {
    rule.by = ByTopology{draft.hops};
  } else {
    rule.by = ByLabels{std::move(draft.labels), draft.missing, draft.join};
  }
  rule.timespan = draft.timespan;
  rule.hold = draft.hold;
  rule.otherwise = draft.otherwise;
  rule.opening_matchers = std::move(draft.opening_matchers);
  rule.title = std::move(draft.title);
  return rule;
}

}  // namespace triaged::config

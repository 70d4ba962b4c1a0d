#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <rapidcheck.h>

#include "rules/correlate/topology/solver.hpp"
#include "tests/property/properties.hpp"
#include "tests/support/play.hpp"

namespace triaged::test {
namespace {

constexpr int kServices = 6;
constexpr Time kBegin = kEarliest;

struct DrawnOnset {
  int service = 0;
  int start = 0;  // seconds
  int name = 0;
  int instance = 0;
  int severity = 0;
  int earlier = 0;
};

std::ostream& operator<<(std::ostream& out, const DrawnOnset& o) {
  return out << "service " << o.service << " at " << o.start << " s, name " << o.name << ", instance " << o.instance
             << ", severity " << o.severity << ", earlier " << o.earlier << '\n';
}

std::vector<DrawnOnset> drawn_onsets() {
  namespace gen = rc::gen;
  return *gen::container<std::vector<DrawnOnset>>(gen::build<DrawnOnset>(
      gen::set(&DrawnOnset::service, gen::inRange(0, kServices)), gen::set(&DrawnOnset::start, gen::inRange(0, 240)),
      gen::set(&DrawnOnset::name, gen::inRange(1, 4)), gen::set(&DrawnOnset::instance, gen::inRange(0, 3)),
      gen::set(&DrawnOnset::severity, gen::inRange(0, 5)), gen::set(&DrawnOnset::earlier, gen::inRange(0, 5))));
}

Catalogue drawn_catalogue() {
  Catalogue catalogue;
  catalogue.services.resize(kServices);
  const auto edges = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, kServices), rc::gen::inRange(0, kServices)));
  for (const auto& [a, b] : edges) {
    if (a == b) continue;
    auto& dependencies = catalogue.services[static_cast<std::size_t>(std::min(a, b))].depends_on;
    dependencies.push_back({.needs = 1, .of = {ServiceId{static_cast<std::uint32_t>(std::max(a, b))}}});
  }
  return catalogue;
}

Onset onset(const DrawnOnset& drawn, std::uint64_t id, std::uint32_t renamed) {
  return {.id = id,
          .service = ServiceId{static_cast<std::uint32_t>(drawn.service)},
          .start = kBegin + std::chrono::seconds(drawn.start),
          .name = static_cast<std::uint32_t>(drawn.name) ^ renamed,
          .instance = drawn.instance == 0 ? 0 : static_cast<std::uint32_t>(drawn.instance) ^ renamed,
          .severity = static_cast<Severity>(drawn.severity),
          .earlier = static_cast<std::uint32_t>(drawn.earlier)};
}

// What was found, with onsets by the places in `order` that their ids stand for.
std::string found(const ServiceGraph& graph, const std::vector<DrawnOnset>& drawn,
                  const std::vector<std::size_t>& order, std::uint32_t renamed) {
  std::vector<Onset> onsets;
  for (std::size_t i = 0; i < order.size(); ++i) onsets.push_back(onset(drawn[order[i]], i, renamed));
  TopologySolver solver(graph, {}, {});
  std::vector<std::string> paragraphs;
  for (const auto& explanation : solver.explain({.onsets = onsets,
                                                 .fixed = {},
                                                 .changes = {},
                                                 .now = kBegin + std::chrono::seconds(300),
                                                 .history = std::chrono::hours(1)})) {
    std::ostringstream text;
    text << (explanation.lone ? "lone" : "fault") << " from " << (explanation.began - kBegin).count() << ":";
    std::vector<std::size_t> members;
    for (const auto id : explanation.onsets) members.push_back(order[id]);
    std::sort(members.begin(), members.end());
    for (const auto member : members) text << ' ' << member;
    for (const auto& candidate : explanation.candidates) {
      text << " | service " << index(candidate.service) << ' ' << candidate.score;
    }
    paragraphs.push_back(text.str() + '\n');
  }
  std::sort(paragraphs.begin(), paragraphs.end());
  std::string all;
  for (const auto& paragraph : paragraphs) all += paragraph;
  return all;
}

// Equal onsets can't be told apart, so only one of them is kept.
void drop_repeats(std::vector<DrawnOnset>& onsets) {
  std::map<std::string, DrawnOnset> unique;
  for (const auto& each : onsets) {
    std::ostringstream key;
    key << each.service << ' ' << each.start << ' ' << each.name << ' ' << each.instance;
    unique.emplace(key.str(), each);
  }
  onsets.clear();
  for (const auto& [key, each] : unique) onsets.push_back(each);
}

void order_and_naming_do_not_matter() {
  const auto catalogue = drawn_catalogue();
  const ServiceGraph graph(catalogue);
  auto onsets = drawn_onsets();
  drop_repeats(onsets);
  std::vector<std::size_t> order(onsets.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto expected = found(graph, onsets, order, 0);
  std::mt19937_64 random(*rc::gen::arbitrary<std::uint64_t>());
  std::shuffle(order.begin(), order.end(), random);
  // The numbers of names and instances are given in order of arrival: another order, other numbers.
  const auto difference = first_difference(expected, found(graph, onsets, order, 8 + 7));
  if (!difference.empty()) RC_FAIL(difference);
}

void every_onset_is_explained_once() {
  const auto catalogue = drawn_catalogue();
  const ServiceGraph graph(catalogue);
  const auto drawn = drawn_onsets();
  std::vector<Onset> onsets;
  for (std::size_t i = 0; i < drawn.size(); ++i) onsets.push_back(onset(drawn[i], i, 0));
  TopologySolver solver(graph, {}, {});
  std::vector<std::uint64_t> explained;
  for (const auto& explanation : solver.explain({.onsets = onsets,
                                                 .fixed = {},
                                                 .changes = {},
                                                 .now = kBegin + std::chrono::seconds(300),
                                                 .history = std::chrono::hours(1)})) {
    RC_ASSERT(std::is_sorted(explanation.onsets.begin(), explanation.onsets.end()));
    RC_ASSERT(!explanation.candidates.empty());
    RC_ASSERT(explanation.candidates.size() <= 5);
    for (const auto& candidate : explanation.candidates) RC_ASSERT((candidate.score >= 0 && candidate.score <= 1000));
    explained.insert(explained.end(), explanation.onsets.begin(), explanation.onsets.end());
  }
  std::sort(explained.begin(), explained.end());
  RC_ASSERT(explained.size() == onsets.size());
  for (std::size_t i = 0; i < explained.size(); ++i) RC_ASSERT(explained[i] == i);
}

}  // namespace

std::vector<Property> solver_properties() {
  return {
      {"the solver does not look at the order or the naming of onsets", order_and_naming_do_not_matter},
      {"the solver explains every onset once", every_onset_is_explained_once},
  };
}

}  // namespace triaged::test

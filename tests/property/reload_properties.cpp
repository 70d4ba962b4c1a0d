// What a new bundle must not disturb.
#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <rapidcheck.h>

#include "tests/property/properties.hpp"
#include "tests/property/story.hpp"
#include "tests/support/play.hpp"

namespace triaged::test {
namespace {

using BundlePtr = std::shared_ptr<const Bundle>;

void must_be_same(const auto& expected, const auto& actual) {
  const auto difference = first_difference(expected, actual);
  if (!difference.empty()) RC_FAIL(difference);
}

int drawn(int below) { return *rc::gen::inRange(0, below); }

std::shared_ptr<Bundle> renamed(const Bundle& bundle, const std::string& hash) {
  auto copy = std::make_shared<Bundle>(bundle);
  copy->hash = hash;
  return copy;
}

/// The log with reloads in it, each at the time of the input before it.
InputLog with_reloads(InputLog log, const std::vector<BundlePtr>& bundles) {
  if (log.empty()) return log;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < bundles.size(); ++i) {
    places.push_back(*rc::gen::inRange<std::size_t>(1, log.size() + 1));
  }
  std::ranges::sort(places);
  for (std::size_t i = bundles.size(); i-- > 0;) {
    const Time at = log[places[i] - 1].log_time;
    log.insert(log.begin() + static_cast<std::ptrdiff_t>(places[i]), {at, LoggedReload{bundles[i]}});
  }
  return log;
}

/// The same services in another order, and the same sources.
std::shared_ptr<Bundle> turned(const Bundle& bundle) {
  auto copy = renamed(bundle, "turned");
  auto& services = copy->catalogue.services;
  const auto count = static_cast<std::uint32_t>(services.size());
  const auto shift = static_cast<std::uint32_t>(1 + drawn(static_cast<int>(count) - 1));
  std::ranges::rotate(services, services.begin() + shift);
  for (Service& service : services) {
    for (Dependency& dependency : service.depends_on) {
      for (ServiceId& id : dependency.of) id = ServiceId{(static_cast<std::uint32_t>(id) + count - shift) % count};
    }
  }
  copy->sources.insert(copy->sources.begin(), {.name = "another"});
  copy->dedup.insert(
      copy->dedup.begin(),
      {.name = "of nothing", .origin = {}, .matchers = {*Matcher::parse(R"(alertname="Nothing")")}, .ignore = {"x"}});
  return copy;
}

/// A rule in front that takes nothing.
std::shared_ptr<Bundle> with_idle_rule(const Bundle& bundle) {
  auto copy = renamed(bundle, "idle");
  CorrelationRule rule;
  rule.name = "idle";
  rule.matchers = {*Matcher::parse(R"(alertname="Nothing")")};
  rule.by = ByLabels{.labels = {"service"}};
  copy->correlate.insert(copy->correlate.begin(), rule);
  return copy;
}

/// Other rules, other dependencies, other settings, some services gone.
BundlePtr another(const std::string& hash) {
  auto copy = renamed(*bundle_of(*stories()), hash);
  const auto gone = static_cast<std::uint32_t>(drawn(kServices));
  auto& services = copy->catalogue.services;
  services.resize(services.size() - gone);
  for (Service& service : services) {
    for (Dependency& dependency : service.depends_on) {
      std::erase_if(dependency.of, [&](ServiceId id) { return index(id) >= services.size(); });
    }
  }
  if (drawn(2) == 0) copy->settings.flap_hold *= 2;
  if (drawn(2) == 0) copy->settings.close_after /= 4;
  if (drawn(4) == 0) copy->sources.front().name = "another";
  if (drawn(4) == 0) copy->correlate.clear();
  return copy;
}

struct Reloading {
  BundlePtr bundle;
  InputLog log;
};

Reloading reloading() {
  const auto story = *stories();
  return {bundle_of(story), with_reloads(log_of(story), {another("second"), another("third"), bundle_of(story)})};
}

void an_equal_bundle_changes_no_byte() {
  const auto story = *stories();
  const auto bundle = bundle_of(story);
  const auto log = log_of(story);
  const auto reloads = with_reloads(log, {renamed(*bundle, "again"), renamed(*bundle, "and again")});
  must_be_same(texts(play(bundle, log)), texts(play(bundle, reloads)));
}

void there_and_back_changes_no_byte() {
  const auto story = *stories();
  const auto bundle = bundle_of(story);
  const auto log = log_of(story);
  auto reloads = with_reloads(log, {turned(*bundle)});
  for (auto at = reloads.begin(); at != reloads.end(); ++at) {
    if (!std::holds_alternative<LoggedReload>(at->value)) continue;
    reloads.insert(at + 1, {at->log_time, LoggedReload{bundle}});
    break;
  }
  must_be_same(texts(play(bundle, log)), texts(play(bundle, reloads)));
}

void order_moves_no_member() {
  const auto story = *stories();
  const auto bundle = bundle_of(story);
  const auto log = log_of(story);
  RC_PRE(!log.empty());
  const auto half = *rc::gen::inRange<std::size_t>(1, log.size() + 1);
  Engine plain(bundle);
  Engine reloaded(bundle);
  Effects expected;
  Effects actual;
  for (std::size_t i = 0; i < half; ++i) {
    plain.apply(log[i].input(), expected);
    reloaded.apply(log[i].input(), actual);
  }
  reloaded.apply({reloaded.clock(), BundleInput{with_idle_rule(*turned(*bundle))}}, actual);
  const Time soon = plain.clock() + Duration{100};
  plain.apply({soon, Tick{}}, expected);
  reloaded.apply({soon, Tick{}}, actual);
  must_be_same(texts(expected), texts(actual));
  RC_ASSERT(plain.active_alerts() == reloaded.active_alerts());
}

void snapshots_change_nothing() {
  const auto [bundle, log] = reloading();
  must_be_same(texts(play(bundle, log)), texts(play_with_snapshots(bundle, log)));
}

void ticks_change_nothing() {
  const auto [bundle, log] = reloading();
  must_be_same(texts(play(bundle, log)), texts(play_with_ticks(bundle, log)));
}

void all_incidents_stay_sound() {
  const auto [bundle, log] = reloading();
  const auto effects = play(bundle, log);
  std::map<IncidentKey, IncidentState> states;
  std::map<std::uint64_t, std::uint32_t> revisions;
  for (const auto& document : effects.incidents) {
    RC_ASSERT(document.revision == ++revisions[document.key.number]);
    if (states.contains(document.key)) {
      RC_ASSERT(states[document.key] != IncidentState::merged);
      RC_ASSERT(states[document.key] != IncidentState::closed);
    }
    states[document.key] = document.state;
    RC_ASSERT(!document.evidence.empty());
    RC_ASSERT(document.evidence.front().rule == document.rule);
    RC_ASSERT(!document.evidence.front().why.empty());
  }
  std::set<std::string> accounted;
  for (const auto& membership : effects.memberships) accounted.emplace(LabelsView(membership.labels).bytes());
  for (const auto& record : effects.alerts) {
    RC_ASSERT(record.incident.has_value() == record.reason.empty());
    if (!record.reason.empty()) accounted.emplace(LabelsView(record.labels).bytes());
  }
  for (const auto& input : log) {
    if (const auto* alert = std::get_if<LoggedAlert>(&input.value)) {
      if (!accounted.contains(std::string(alert->labels.bytes())))
        RC_FAIL("lost: service " + std::string(alert->labels.get("service")));
    }
  }
}

}  // namespace

std::vector<Property> reload_properties() {
  return {
      {"a reload of an equal bundle changes no byte", an_equal_bundle_changes_no_byte},
      {"a reload there and back changes no byte", there_and_back_changes_no_byte},
      {"a reload in another order moves no member", order_moves_no_member},
      {"reloads and snapshots: the same bytes", snapshots_change_nothing},
      {"reloads and ticks: the same bytes", ticks_change_nothing},
      {"after reloads no alert is lost and no incident contradicts itself", all_incidents_stay_sound},
  };
}

}  // namespace triaged::test

#include <chrono>
#include <map>
#include <set>
#include <string>

#include <rapidcheck.h>

#include "tests/property/properties.hpp"
#include "tests/property/story.hpp"
#include "tests/support/outcome.hpp"
#include "tests/support/play.hpp"

namespace triaged::test {
namespace {

void must_be_same(const auto& expected, const auto& actual) {
  const auto difference = first_difference(expected, actual);
  if (!difference.empty()) RC_FAIL(difference);
}

std::uint64_t seed() { return *rc::gen::inRange<std::uint64_t>(0, 1'000'000); }

void snapshots_change_nothing() {
  const auto story = *stories();
  const auto bundle = bundle_of(story);
  const auto log = log_of(story);
  must_be_same(texts(play(bundle, log)), texts(play_with_snapshots(bundle, log)));
}

void batches_change_nothing() {
  const auto story = *stories();
  const auto bundle = bundle_of(story);
  const auto log = log_of(story);
  const auto per_batch = *rc::gen::inRange<std::size_t>(1, 50);
  must_be_same(texts(play(bundle, log, 1)), texts(play(bundle, log, per_batch)));
}

void ticks_change_nothing() {
  const auto story = *stories();
  const auto bundle = bundle_of(story);
  const auto log = log_of(story);
  must_be_same(texts(play(bundle, log)), texts(play_with_ticks(bundle, log)));
}

void repeats_keep_the_outcome() {
  const auto story = *stories();
  const auto bundle = bundle_of(story);
  const auto log = log_of(story);
  must_be_same(outcome(play(bundle, log)), outcome(play(bundle, repeated(log))));
}

// What is left of the allowed lateness when the story's own delays are taken off.
Duration slack(const Bundle& bundle) { return bundle.settings.allowed_lateness - std::chrono::seconds(kLongestDelay); }

void redelivery_keeps_the_outcome() {
  const auto story = *stories_in_event_time();
  const auto bundle = bundle_of(story);
  const auto log = log_of(story);
  RC_PRE(!log.empty());
  must_be_same(outcome(play(bundle, log)), outcome(play(bundle, redelivered(log, slack(*bundle), seed()))));
}

void shuffling_keeps_the_outcome() {
  const auto story = *stories_in_event_time();
  const auto bundle = bundle_of(story);
  const auto log = log_of(story);
  must_be_same(outcome(play(bundle, log)), outcome(play(bundle, shuffled(log, slack(*bundle), seed()))));
}

/// So little room that most stories reach the end of it.
std::shared_ptr<const Bundle> cramped(const Story& story) {
  auto bundle = std::make_shared<Bundle>(*bundle_of(story));
  bundle->settings.max_state = *rc::gen::element<std::uint64_t>(2'000, 4'000, 8'000);
  return bundle;
}

void the_cap_is_the_same_everywhere() {
  const auto story = *stories();
  const auto bundle = cramped(story);
  const auto log = log_of(story);
  const auto expected = texts(play(bundle, log));
  must_be_same(expected, texts(play_with_snapshots(bundle, log)));
  must_be_same(expected, texts(play_with_ticks(bundle, log)));
}

void no_alert_vanishes_from(const Effects& effects, const InputLog& log) {
  std::set<std::string> accounted;
  for (const auto& membership : effects.memberships) accounted.emplace(LabelsView(membership.labels).bytes());
  for (const auto& record : effects.alerts) {
    RC_ASSERT(record.incident.has_value() == record.reason.empty());
    if (!record.reason.empty()) accounted.emplace(LabelsView(record.labels).bytes());
  }
  for (const auto& input : log) {
    const auto* alert = std::get_if<LoggedAlert>(&input.value);
    RC_ASSERT((alert == nullptr || accounted.contains(std::string(alert->labels.bytes()))));
  }
}

void no_alert_vanishes() {
  const auto story = *stories();
  const auto log = log_of(story);
  no_alert_vanishes_from(play(bundle_of(story), log), log);
  no_alert_vanishes_from(play(cramped(story), log), log);
}

// Also under silences and after whatever people did.
void no_start_vanishes() {
  const auto story = *stories();
  const auto log = log_of(story);
  const auto effects = play(bundle_of(story), log);
  std::set<AlertStart> accounted;
  std::set<std::string> flapping;  // one record stands for many
  for (const auto& membership : effects.memberships) {
    accounted.emplace(LabelsView(membership.labels).bytes(), membership.starts_at);
  }
  for (const auto& record : effects.alerts) {
    const std::string labels(LabelsView(record.labels).bytes());
    if (record.state == AlertState::flapping) flapping.insert(labels);
    if (!record.reason.empty()) accounted.emplace(labels, record.starts_at);
  }
  for (const auto& input : log) {
    const auto* alert = std::get_if<LoggedAlert>(&input.value);
    if (alert == nullptr || flapping.contains(std::string(alert->labels.bytes()))) continue;
    RC_ASSERT(accounted.contains({std::string(alert->labels.bytes()), *alert->starts_at}));
  }
}

void each_command_is_answered() {
  const auto story = *stories();
  const auto effects = play(bundle_of(story), log_of(story));
  RC_ASSERT(effects.commands.size() == story.orders.size());
  for (const auto& result : effects.commands) RC_ASSERT(result.accepted == result.reason.empty());
  std::map<std::string, std::uint32_t> revisions;
  for (const auto& document : effects.suppressions) RC_ASSERT(document.revision == ++revisions[document.id]);
}

void alert_count_is_that_of_the_memberships() {
  const auto story = *stories();
  const auto effects = play(bundle_of(story), log_of(story));
  std::map<IncidentKey, std::set<std::string>> joined;
  for (const auto& membership : effects.memberships) {
    joined[membership.incident].emplace(LabelsView(membership.labels).bytes());
  }
  std::map<IncidentKey, std::uint64_t> counted;
  for (const auto& document : effects.incidents) {
    counted[document.key] = document.alert_count;
    RC_ASSERT((document.alerts.size() <= document.alert_count && !document.alerts.empty()));
  }
  for (const auto& [incident, labels] : joined) RC_ASSERT(counted[incident] == labels.size());
  RC_ASSERT(counted.size() == joined.size());
}

void incidents_are_numbered_without_gaps() {
  const auto story = *stories();
  const auto effects = play(bundle_of(story), log_of(story));
  std::map<std::uint64_t, std::uint32_t> revisions;
  Time updated{};
  for (const auto& document : effects.incidents) {
    RC_ASSERT(document.revision == ++revisions[document.key.number]);
    RC_ASSERT((document.revision == 1) == (document.change == IncidentChange::opened));
    RC_ASSERT(document.updated_at >= updated);
    updated = document.updated_at;
  }
  std::uint64_t number = 0;
  for (const auto& [key, revision] : revisions) RC_ASSERT(key == ++number);
}

// RC_ASSERT evaluates both sides of an operator; parentheses of its own keep an expression whole.
void documents_are_sound() {
  const auto story = *stories();
  const auto effects = play(bundle_of(story), log_of(story));
  std::map<IncidentKey, IncidentState> states;
  for (const auto& document : effects.incidents) {
    if (states.contains(document.key)) {
      RC_ASSERT(states[document.key] != IncidentState::merged);
      RC_ASSERT(states[document.key] != IncidentState::closed);
    }
    states[document.key] = document.state;
    RC_ASSERT(document.merged_into.has_value() == (document.state == IncidentState::merged));
    RC_ASSERT((!document.merged_into || *document.merged_into != document.key));
    RC_ASSERT(!document.title.empty());
    RC_ASSERT(!document.evidence.empty());
    RC_ASSERT(document.priority >= 1 && document.priority <= 5);
    RC_ASSERT((!document.ended_at || *document.ended_at >= document.started_at));
    RC_ASSERT(document.updated_at >= document.opened_at);
    if (document.root && !document.root->candidates.empty()) {
      RC_ASSERT(document.root->candidates.front().service == document.root->service);
    }
    for (const auto& alert : document.alerts) {
      RC_ASSERT(alert.starts_at >= document.started_at);
      for (const auto& [name, value] : document.labels) RC_ASSERT(alert.labels.get(name) == value);
    }
  }
  // Whoever reads the last membership of an alert finds an incident that is still there.
  for (const auto& [alert, incident] : final_homes(effects)) {
    RC_ASSERT(states.contains(incident));
    RC_ASSERT(states[incident] != IncidentState::merged);
  }
}

}  // namespace

std::vector<Property> engine_properties() {
  return {
      {"snapshot and restore after every input change no byte", snapshots_change_nothing},
      {"batching changes no byte", batches_change_nothing},
      {"ticks change no byte", ticks_change_nothing},
      {"repeats keep the outcome", repeats_keep_the_outcome},
      {"redelivery within the allowed lateness keeps the outcome", redelivery_keeps_the_outcome},
      {"shuffling within the allowed lateness keeps the outcome", shuffling_keeps_the_outcome},
      {"under a cap, snapshots and ticks change no byte", the_cap_is_the_same_everywhere},
      {"every alert is in an incident or has a reason", no_alert_vanishes},
      {"every start of an alert is in an incident or has a reason", no_start_vanishes},
      {"every command is answered once, and silences are published in order", each_command_is_answered},
      {"alertCount is the number of label sets that joined", alert_count_is_that_of_the_memberships},
      {"incident numbers and revisions have no gaps, and time does not go back", incidents_are_numbered_without_gaps},
      {"documents do not contradict themselves", documents_are_sound},
  };
}

}  // namespace triaged::test

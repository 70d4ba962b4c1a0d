#include "tests/support/play.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "connectors/wire/document_writer.hpp"

namespace triaged::test {
namespace {

constexpr Duration kTick = std::chrono::milliseconds(100);
constexpr Duration kTicksAround = std::chrono::minutes(1);

template <class T>
void move_to(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::move_iterator(from.begin()), std::move_iterator(from.end()));
}

void move_to(Effects& to, Effects& from) {
  move_to(to.incidents, from.incidents);
  move_to(to.memberships, from.memberships);
  move_to(to.alerts, from.alerts);
  move_to(to.commands, from.commands);
  move_to(to.suppressions, from.suppressions);
  from.clear();
}

void end(Engine& engine, Effects& effects) { engine.apply({engine.clock(), EndOfLog{}}, effects); }

Time next_boundary(Time time) { return Time{(time.time_since_epoch() / kTick + 1) * kTick}; }

// Ticks from the engine's clock until `until`.
void tick_until(Engine& engine, Time until, Effects& effects) {
  const Time begin = engine.clock();
  for (Time now = begin; now < until;) {
    Time next = next_boundary(now);
    if (next > begin + kTicksAround) next = std::max(next, until - kTicksAround);
    const Time timer = engine.next_timer();
    if (timer > now) next = std::min(next, timer);
    now = std::min(next, until);
    engine.apply({now, Tick{}}, effects);
  }
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> result;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) result.push_back(std::move(line));
  return result;
}

}  // namespace

Effects play(const std::shared_ptr<const Bundle>& bundle, const InputLog& log, std::size_t per_batch) {
  Engine engine(bundle);
  Effects all;
  Effects batch;
  for (std::size_t i = 0; i < log.size(); ++i) {
    engine.apply(log[i].input(), batch);
    if ((i + 1) % per_batch == 0) move_to(all, batch);
  }
  end(engine, batch);
  move_to(all, batch);
  return all;
}

Effects play_with_snapshots(const std::shared_ptr<const Bundle>& bundle, const InputLog& log) {
  Engine engine(bundle);
  auto current = bundle;
  Effects all;
  for (std::size_t i = 0; i < log.size(); ++i) {
    engine.apply(log[i].input(), all);
    if (const auto* reload = std::get_if<LoggedReload>(&log[i].value)) current = reload->bundle;
    const auto bytes = engine.snapshot();
    auto restored = Engine::restore(bytes, current);
    const auto where = "after input " + std::to_string(i + 1) + ": ";
    if (!restored) throw std::runtime_error(where + "restore failed: " + restored.error().message);
    if (restored->state_bytes() != engine.state_bytes()) throw std::runtime_error(where + "other bytes of state");
    if (restored->incident_counts().by != engine.incident_counts().by ||
        restored->opened_by_rule() != engine.opened_by_rule()) {
      throw std::runtime_error(where + "other counts of incidents");
    }
    if (restored->snapshot() != bytes) throw std::runtime_error(where + "the restored engine's snapshot differs");
    engine = std::move(*restored);
  }
  end(engine, all);
  return all;
}

Effects play_with_ticks(const std::shared_ptr<const Bundle>& bundle, const InputLog& log) {
  Engine engine(bundle);
  Effects all;
  for (const auto& input : log) {
    if (&input != log.data()) tick_until(engine, input.log_time, all);
    engine.apply(input.input(), all);
  }
  end(engine, all);
  return all;
}

Texts texts(const Effects& effects, const std::string& incident_prefix) {
  Texts result;
  std::uint64_t number = 0;  // of the command
  for (const auto& document : effects.incidents) {
    wire::append_incident(result.incidents, document, incident_prefix);
    result.incidents.push_back('\n');
  }
  for (const auto& membership : effects.memberships) {
    wire::append_membership(result.memberships, membership, incident_prefix);
    result.memberships.push_back('\n');
  }
  for (const auto& record : effects.alerts) {
    wire::append_alert_record(result.records, record, incident_prefix);
    result.records.push_back('\n');
  }
  for (const auto& command : effects.commands) {
    wire::append_command_result(result.commands, std::to_string(++number), command, incident_prefix);
    result.commands.push_back('\n');
  }
  for (const auto& document : effects.suppressions) {
    wire::append_suppression(result.suppressions, document);
    result.suppressions.push_back('\n');
  }
  return result;
}

std::string first_difference(const std::string& expected, const std::string& actual) {
  if (expected == actual) return {};
  const auto wanted = lines(expected);
  const auto got = lines(actual);
  std::size_t at = 0;
  while (at < wanted.size() && at < got.size() && wanted[at] == got[at]) ++at;
  const auto line = [&](const std::vector<std::string>& all) { return at < all.size() ? all[at] : "(no line)"; };
  return "line " + std::to_string(at + 1) + " differs (" + std::to_string(wanted.size()) + " lines expected, " +
         std::to_string(got.size()) + " came)\n  expected: " + line(wanted) + "\n  actual:   " + line(got);
}

std::string first_difference(const Texts& expected, const Texts& actual) {
  if (const auto d = first_difference(expected.incidents, actual.incidents); !d.empty()) return "incidents: " + d;
  if (const auto d = first_difference(expected.memberships, actual.memberships); !d.empty()) return "memberships: " + d;
  if (const auto d = first_difference(expected.records, actual.records); !d.empty()) return "alert records: " + d;
  if (const auto d = first_difference(expected.commands, actual.commands); !d.empty()) return "commands: " + d;
  if (const auto d = first_difference(expected.suppressions, actual.suppressions); !d.empty()) return "silences: " + d;
  return {};
}

}  // namespace triaged::test

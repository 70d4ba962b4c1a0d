#include "tests/support/input_log.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace triaged::test {
namespace {

using Random = std::mt19937_64;

Duration up_to(Duration most, Random& random) {
  return Duration{static_cast<std::int64_t>(random() % (static_cast<std::uint64_t>(most.count()) + 1))};
}

Time late(Time time, Duration lateness, const InputLog& log, Random& random) {
  return std::min(time + up_to(lateness, random), log.back().log_time);
}

}  // namespace

Input LoggedInput::input() const {
  if (const auto* change = std::get_if<LoggedChange>(&value)) {
    return {log_time, ChangeInput{change->id, change->service, change->kind, log_time}};
  }
  if (const auto* command = std::get_if<Command>(&value)) return {log_time, *command};
  if (const auto* reload = std::get_if<LoggedReload>(&value)) return {log_time, BundleInput{reload->bundle}};
  const auto& alert = std::get<LoggedAlert>(value);
  return {log_time, AlertInput{alert.labels, alert.annotations, alert.starts_at, alert.ends_at, alert.source}};
}

InputLog repeated(const InputLog& log) {
  InputLog result;
  for (const auto& input : log) {
    result.push_back(input);
    if (std::holds_alternative<LoggedAlert>(input.value)) result.push_back(input);
  }
  return result;
}

InputLog redelivered(const InputLog& log, Duration lateness, std::uint64_t seed) {
  Random random(seed);
  InputLog result = log;
  for (const auto& input : log) {
    if (!std::holds_alternative<LoggedAlert>(input.value)) continue;
    auto copy = input;
    copy.log_time = late(input.log_time, lateness, log, random);
    result.push_back(std::move(copy));
  }
  // Stable, so that a copy never comes before its original.
  std::stable_sort(result.begin(), result.end(),
                   [](const LoggedInput& a, const LoggedInput& b) { return a.log_time < b.log_time; });
  return result;
}

InputLog shuffled(const InputLog& log, Duration lateness, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::pair<std::uint64_t, LoggedInput>> drawn;  // the number decides between equal times
  for (const auto& input : log) {
    drawn.emplace_back(random(), input);
    if (!std::holds_alternative<LoggedAlert>(input.value) && !std::holds_alternative<LoggedChange>(input.value))
      continue;
    drawn.back().second.log_time = late(input.log_time, lateness, log, random);
  }
  std::sort(drawn.begin(), drawn.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second.log_time, a.first) < std::pair(b.second.log_time, b.first);
  });
  InputLog result;
  for (auto& [number, input] : drawn) result.push_back(std::move(input));
  return result;
}

}  // namespace triaged::test

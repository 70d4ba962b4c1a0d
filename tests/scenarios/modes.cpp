#include "tests/scenarios/modes.hpp"

#include <filesystem>
#include <fstream>
#include <utility>

#include "tests/support/outcome.hpp"
#include "tests/support/play.hpp"

namespace triaged::test {
namespace {

using Result = std::optional<Failure>;

constexpr std::uint64_t kSeeds = 20;

Result failure(std::string what, std::optional<std::uint64_t> seed = {}) {
  if (what.empty()) return std::nullopt;
  return Failure{seed, std::move(what)};
}

Texts texts_of(const Scenario& scenario, const Effects& effects) {
  return texts(effects, scenario.bundle->settings.incident_prefix);
}

// expected.ndjson always; the others where the folder has them.
Result compare_with_expected(const Scenario& scenario, const ModeOptions& options) {
  const auto actual = texts_of(scenario, play(scenario.bundle, scenario.log));
  const std::pair<const char*, const std::string*> files[] = {{"expected.ndjson", &actual.incidents},
                                                              {"expected_memberships.ndjson", &actual.memberships},
                                                              {"expected_records.ndjson", &actual.records},
                                                              {"expected_audit.ndjson", &actual.commands},
                                                              {"expected_silences.ndjson", &actual.suppressions}};
  for (const auto& [name, text] : files) {
    const auto file = scenario.folder / name;
    if (text != &actual.incidents && !std::filesystem::exists(file)) continue;
    if (options.update) {
      std::ofstream(file, std::ios::binary) << *text;
    } else if (const auto difference = first_difference(read_file(file), *text); !difference.empty()) {
      return failure(std::string(name) + ": " + difference);
    }
  }
  return std::nullopt;
}

Result same_bytes(const Scenario& scenario, const Effects& effects) {
  return failure(
      first_difference(texts_of(scenario, play(scenario.bundle, scenario.log)), texts_of(scenario, effects)));
}

Result same_outcome(const Scenario& scenario, const InputLog& other, std::optional<std::uint64_t> seed = {}) {
  const auto expected = outcome(play(scenario.bundle, scenario.log));
  return failure(first_difference(expected, outcome(play(scenario.bundle, other))), seed);
}

Result with_seeds(const ModeOptions& options, const auto& run) {
  const auto first = options.seed.value_or(1);
  const auto last = options.seed.value_or(kSeeds);
  for (auto seed = first; seed <= last; ++seed) {
    if (auto result = run(seed)) return result;
  }
  return std::nullopt;
}

Result batch_one(const Scenario& scenario, const ModeOptions&) {
  return same_bytes(scenario, play(scenario.bundle, scenario.log, 1));
}

Result batch_all(const Scenario& scenario, const ModeOptions&) {
  return same_bytes(scenario, play(scenario.bundle, scenario.log, scenario.log.size()));
}

Result snapshot(const Scenario& scenario, const ModeOptions&) {
  return same_bytes(scenario, play_with_snapshots(scenario.bundle, scenario.log));
}

Result ticks(const Scenario& scenario, const ModeOptions&) {
  return same_bytes(scenario, play_with_ticks(scenario.bundle, scenario.log));
}

Result twice(const Scenario& scenario, const ModeOptions&) { return same_outcome(scenario, repeated(scenario.log)); }

Result redeliver(const Scenario& scenario, const ModeOptions& options) {
  const auto lateness = scenario.bundle->settings.allowed_lateness;
  return with_seeds(options, [&](std::uint64_t seed) {
    return same_outcome(scenario, redelivered(scenario.log, lateness, seed), seed);
  });
}

Result shuffle(const Scenario& scenario, const ModeOptions& options) {
  const auto lateness = scenario.bundle->settings.allowed_lateness;
  return with_seeds(options, [&](std::uint64_t seed) {
    return same_outcome(scenario, shuffled(scenario.log, lateness, seed), seed);
  });
}

}  // namespace

const std::vector<Mode>& modes() {
  static const std::vector<Mode> kModes{
      {"plain", "the documents are those in expected.ndjson, byte for byte", compare_with_expected},
      {"snapshot", "restored from a snapshot after every input: the same bytes", snapshot},
      {"batch-one", "effects collected for each input: the same bytes", batch_one},
      {"batch-all", "effects collected for all inputs at once: the same bytes", batch_all},
      {"ticks", "ticks at every timer and every 100 ms: the same bytes", ticks},
      {"twice", "every alert twice, one after the other: the same final outcome", twice},
      {"redeliver", "every alert again, up to allowed_lateness later: the same final outcome", redeliver},
      {"shuffle", "every input up to allowed_lateness later, and so in another order: the same final outcome", shuffle},
  };
  return kModes;
}

}  // namespace triaged::test

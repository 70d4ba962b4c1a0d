// bench_memory [ALERTS]: so many (a million) distinct alerts of the workload's shape, all active at once, in one
// engine. RESULT lines say how many bytes each takes, and how long the state takes to be written, read
// and brought under another bundle.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include <malloc.h>

#include "bench/label_rule.hpp"
#include "bench/made_alert.hpp"
#include "bench/measure.hpp"
#include "rules/engine/engine.hpp"

namespace {

constexpr triaged::Time kStart{triaged::Duration{1'772'409'600'000}};  // 2026-03-02T00:00:00Z

triaged::Labels build(const bench::MadeAlert::Pairs& pairs) {
  triaged::LabelsBuilder builder;
  for (const auto& [name, value] : pairs) builder.set(name, value);
  return builder.build();
}

void time_snapshot(const triaged::Engine& engine) {
  std::string bytes;
  bytes.reserve(std::size_t{1} << 30U);
  const bench::Stopwatch write;
  engine.write_snapshot([&](std::string_view piece) { bytes.append(piece); });
  const double written = write.wall();
  const bench::Stopwatch read;
  const auto restored = triaged::Engine::restore(bytes, bench::label_bundle());
  const double restoring = read.wall();
  std::printf("RESULT snapshot alerts=%lu mib=%zu write_seconds=%.2f restore_seconds=%.2f same=%s\n",
              engine.active_alerts(), bytes.size() >> 20U, written, restoring,
              restored && restored->active_alerts() == engine.active_alerts() ? "yes" : "no");
}

/// One bundle in which the rule goes on, and one in which it is gone and another looks at all alerts.
void time_reload(triaged::Engine& engine) {
  auto gone = std::make_shared<triaged::Bundle>(*bench::label_bundle());
  gone->correlate.front().name = "another";
  triaged::Effects effects;
  const bench::Stopwatch same;
  engine.apply({.log_time = engine.clock(), .value = triaged::BundleInput{bench::label_bundle()}}, effects);
  const double same_seconds = same.wall();
  const bench::Stopwatch other;
  engine.apply({.log_time = engine.clock(), .value = triaged::BundleInput{std::move(gone)}}, effects);
  std::printf("RESULT reload alerts=%lu same_rules_seconds=%.3f rule_gone_seconds=%.3f\n", engine.active_alerts(),
              same_seconds, other.wall());
}

double per(std::uint64_t bytes, std::uint64_t count) {
  return static_cast<double>(bytes) / static_cast<double>(std::max<std::uint64_t>(count, 1));
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t wanted = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const long resident_before = bench::resident_bytes();
  const struct mallinfo2 heap_before = mallinfo2();

  auto bundle = std::make_shared<triaged::Bundle>(*bench::label_bundle());
  bundle->settings.max_state = std::uint64_t{1} << 40U;
  triaged::Engine engine(std::move(bundle));
  triaged::Effects effects;
  std::uint64_t documents = 0;
  for (std::uint64_t number = 0; number < wanted; ++number) {
    const bench::MadeAlert made = bench::make_alert(number);
    const triaged::Labels labels = build(made.labels);
    const triaged::Labels annotations = build(made.annotations);
    // Five alerts a millisecond: all are in before the first falls silent for resolve_timeout.
    const triaged::Time at = kStart + triaged::Duration{static_cast<std::int64_t>(number / 5)};
    const triaged::AlertInput input{
        .labels = labels, .annotations = annotations, .starts_at = at, .ends_at = std::nullopt};
    engine.apply({.log_time = at, .value = input}, effects);
    documents += effects.incidents.size();
    effects.clear();
  }
  effects = {};

  const struct mallinfo2 heap = mallinfo2();
  const auto resident = static_cast<std::uint64_t>(bench::resident_bytes() - resident_before);
  const std::uint64_t allocated = heap.uordblks + heap.hblkhd - heap_before.uordblks - heap_before.hblkhd;
  const std::uint64_t active = engine.active_alerts();
  std::printf(
      "RESULT memory alerts=%lu active=%lu documents=%lu resident_per_alert=%.0f allocated_per_alert=%.0f "
      "accounted_per_alert=%.0f\n",
      wanted, active, documents, per(resident, active), per(allocated, active), per(engine.state_bytes(), active));
  time_snapshot(engine);
  time_reload(engine);
}

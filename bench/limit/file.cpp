// bench_limit ALERTS.ndjson [PASSES]: the yardstick on a file in memory; a RESULT line a pass.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bench/limit/job.hpp"
#include "bench/measure.hpp"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: bench_limit ALERTS.ndjson [PASSES]\n", stderr);
    return 2;
  }
  auto loaded = simdjson::padded_string::load(argv[1]);
  if (loaded.error() != simdjson::SUCCESS) {
    std::fprintf(stderr, "bench_limit: %s: %s\n", argv[1], simdjson::error_message(loaded.error()));
    return 2;
  }
  const simdjson::padded_string& text = loaded.value_unsafe();
  const int passes = argc > 2 ? std::atoi(argv[2]) : 3;
  for (int pass = 0; pass < passes; ++pass) {
    const auto emit = [](std::string_view record) { asm volatile("" ::"r"(record.data()) : "memory"); };
    limit::Job job(emit);
    const bench::Stopwatch watch;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at < end) {
      const auto* line_end = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
      if (line_end == nullptr) line_end = end;
      job.feed({at, static_cast<std::size_t>(line_end - at)});
      at = line_end + 1;
    }
    const double wall = watch.wall();
    const limit::Counts& counts = job.counts();
    const auto alerts = static_cast<double>(counts.alerts);
    std::printf(
        "RESULT limit alerts=%lu repeats=%lu stale=%lu opens=%lu updates=%lu resolves=%lu out_bytes=%lu distinct=%zu "
        "wall=%.3f rate=%.0f cpu_per_m=%.2f peak_mib=%ld\n",
        counts.alerts, counts.repeats, counts.stale, counts.opens, counts.updates, counts.resolves, counts.bytes,
        job.distinct(), wall, alerts / wall, watch.cpu() / alerts * 1e6, bench::peak_mib());
  }
}

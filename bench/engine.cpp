// bench_engine ALERTS.ndjson [PASSES]: one thread, alerts in memory: decode, dedup, group by (service, region), every
// incident document formatted; a RESULT line a pass.
#include "rules/engine/engine.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <variant>

#include "bench/label_rule.hpp"
#include "bench/measure.hpp"
#include "connectors/wire/alert_decoder.hpp"
#include "connectors/wire/document_writer.hpp"

namespace {

constexpr std::size_t kBatchLines = 64;

class Pass {
 public:
  /// AlertDecoder::kPadding bytes behind `text` must be readable.
  void run(std::string_view text) {
    std::uint64_t line = 0;
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      decoder_.decode_padded(text.substr(0, end), ++line, batch_);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      if (line % kBatchLines == 0) apply_batch();
    }
    apply_batch();
    engine_.apply({.log_time = engine_.clock(), .value = triaged::EndOfLog{}}, effects_);
    write_effects();
  }

  void report(const bench::Stopwatch& watch) const {
    const double wall = watch.wall();
    const triaged::EngineCounts& counts = engine_.counts();
    const auto alerts = static_cast<double>(counts.received);
    std::printf(
        "RESULT engine alerts=%lu rejected=%lu repeats=%lu stale=%lu incidents=%lu documents=%lu memberships=%lu "
        "out_bytes=%lu active=%lu wall=%.3f rate=%.0f cpu_per_m=%.2f peak_mib=%ld\n",
        counts.received, rejected_, counts.repeated, counts.stale, counts.opened, documents_, memberships_, out_bytes_,
        engine_.active_alerts(), wall, alerts / wall, watch.cpu() / alerts * 1e6, bench::peak_mib());
  }

 private:
  void apply_batch() {
    for (const auto& entry : batch_.entries) {
      input_.log_time = entry.received_at.value_or(engine_.clock());
      auto& alert = std::get<triaged::AlertInput>(input_.value);
      alert.labels = batch_.labels(entry);
      alert.annotations = batch_.annotations(entry);
      alert.starts_at = entry.starts_at;
      alert.ends_at = entry.ends_at;
      engine_.apply(input_, effects_);
      if (!effects_.empty()) write_effects();
    }
    rejected_ += batch_.rejections.size();
    batch_.clear();
  }

  void write_effects() {
    for (const auto& document : effects_.incidents) {
      out_.clear();
      triaged::wire::append_incident(out_, document, "INC");
      out_bytes_ += out_.size();
    }
    documents_ += effects_.incidents.size();
    memberships_ += effects_.memberships.size();
    effects_.clear();
  }

  triaged::wire::AlertDecoder decoder_;
  triaged::wire::AlertBatch batch_;
  triaged::Engine engine_{bench::label_bundle()};
  triaged::Input input_{.log_time = {}, .value = triaged::AlertInput{}};
  triaged::Effects effects_;
  std::string out_;
  std::uint64_t rejected_ = 0;
  std::uint64_t documents_ = 0;
  std::uint64_t memberships_ = 0;
  std::uint64_t out_bytes_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  std::ifstream file(argc > 1 ? argv[1] : "", std::ios::binary | std::ios::ate);
  if (!file) {
    std::fputs("usage: bench_engine ALERTS.ndjson [PASSES]\n", stderr);
    return 2;
  }
  const auto size = static_cast<std::size_t>(file.tellg());
  std::string padded(size + triaged::wire::AlertDecoder::kPadding, ' ');
  file.seekg(0).read(padded.data(), static_cast<std::streamsize>(size));
  const std::string_view text = std::string_view(padded).substr(0, size);
  const int passes = argc > 2 ? std::atoi(argv[2]) : 3;
  for (int i = 0; i < passes; ++i) {
    Pass pass;
    const bench::Stopwatch watch;
    pass.run(text);
    pass.report(watch);
  }
}

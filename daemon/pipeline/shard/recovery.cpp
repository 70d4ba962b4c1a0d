#include "daemon/pipeline/shard/recovery.hpp"

#include <utility>

#include "daemon/pipeline/crash_point.hpp"

namespace triaged::pipeline {
namespace {

constexpr std::uint64_t kTellEvery = 256;  // cuts

std::unexpected<RecoveryError> failed(const log::LogError& error) {
  return std::unexpected(RecoveryError{RecoveryError::Kind::log, error.message});
}

/// What was needed because a snapshot could not be used.
std::unexpected<RecoveryError> failed(RecoveryError error, const std::vector<std::string>& damaged) {
  std::string message;
  for (const std::string& why : damaged) message += why + "\n";
  error.message = message + error.message;
  return std::unexpected(std::move(error));
}

}  // namespace

std::expected<Recovered, RecoveryError> recover(log::LogReader& log, const log::SnapshotStore* snapshots,
                                                const RecoveryOptions& options) {
  const auto last_cut = log.last_cut();
  if (!last_cut) return failed(last_cut.error());
  if (!*last_cut) {
    Recovered fresh(Shard(options.shard, options.next));
    auto skipped = log.skipped();
    if (!skipped) return failed(skipped.error());
    fresh.shard.skip(*skipped);
    return fresh;
  }
  auto beginning = begin(log, snapshots, **last_cut, options.shard, BeginAt::newest_snapshot);
  if (!beginning) return std::unexpected(beginning.error());
  const log::Position first = beginning->shard.through();
  auto run = LogRun::start(log, std::move(beginning->shard), **last_cut,
                           {.accept_engine_change = options.accept_engine_change});
  if (!run) return std::unexpected(run.error());
  std::uint64_t cuts = 0;
  std::uint32_t attempts = 0;
  std::uint64_t attempted = 0;
  std::string other_version;
  for (;;) {
    const auto step = run->next();
    if (!step) return failed(step.error(), beginning->damaged);
    if (!*step) break;
    crash_point("recovery");
    if (!options.go_on())
      return std::unexpected(RecoveryError{RecoveryError::Kind::log, "somebody else has the shard"});
    if ((*step)->cut.engine_version != engine_version()) other_version = (*step)->cut.engine_version;
    const std::uint64_t announced = (*step)->cut.attempt;
    attempts = announced == 0 ? 0 : announced == attempted ? attempts + 1 : 1;
    attempted = announced;
    if (++cuts % kTellEvery == 0) options.progress(run->shard().through() - first, (*last_cut)->through - first);
  }
  Recovered recovered(run->take_shard());
  recovered.snapshot = std::move(beginning->snapshot);
  recovered.damaged = std::move(beginning->damaged);
  recovered.other_version = std::move(other_version);
  recovered.cuts = cuts;
  recovered.records = recovered.shard.through() - first;
  recovered.attempts = attempts;
  recovered.attempted = attempted;
  return recovered;
}

}  // namespace triaged::pipeline

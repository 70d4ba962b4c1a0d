// `triaged replay --log`: a daemon's recorded log, run again exactly.
#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "connectors/clock/clock.hpp"
#include "connectors/log/local/local_log.hpp"
#include "connectors/log/output_block.hpp"
#include "daemon/cli/console.hpp"
#include "daemon/cli/progress_bar.hpp"
#include "daemon/cli/replay/replay.hpp"
#include "daemon/cli/replay/replay_files.hpp"
#include "daemon/cli/state/chosen_folder.hpp"
#include "daemon/pipeline/shard/log_run.hpp"
#include "daemon/replay/topic_outputs.hpp"

namespace triaged::cli {
namespace {

namespace fs = std::filesystem;
using log::Topic;
using pipeline::LogRun;

struct Failure {
  ExitCode code = ExitCode::internal;
  std::string message;
};

std::unexpected<Failure> failed(std::string message) {
  return std::unexpected(Failure{ExitCode::internal, std::move(message)});
}
std::unexpected<Failure> failed(const pipeline::RecoveryError& error) {
  const bool version = error.kind == pipeline::RecoveryError::Kind::engine_version;
  return std::unexpected(Failure{version ? ExitCode::configuration : ExitCode::internal, error.message});
}

struct Totals {
  std::uint64_t cuts = 0;
  std::uint64_t outputs = 0;
  std::uint64_t rejected = 0;
};

/// Outputs beside the log's own files could overwrite them.
std::optional<std::string> find_clash_with(const std::string& folder, const ReplayOptions& options) {
  for (const std::string* name :
       {&options.incidents, &options.records, &options.audit, &options.silences, &options.rejected}) {
    if (name->empty() || *name == "-") continue;
    std::error_code unknown;
    if (fs::equivalent(fs::absolute(*name).parent_path(), folder, unknown)) {
      return fmt::format("{} would be written into the folder that --log reads", *name);
    }
  }
  return std::nullopt;
}

std::expected<replay::TopicOutputs, std::string> open_topics(const ReplayOptions& options) {
  replay::TopicOutputs outputs(options.final_only);
  for (const auto& [topic, name] :
       {std::pair{Topic::incidents, &options.incidents}, std::pair{Topic::alerts, &options.records},
        std::pair{Topic::audit, &options.audit}, std::pair{Topic::silences, &options.silences},
        std::pair{Topic::rejected, &options.rejected}}) {
    if (name->empty()) continue;
    auto file = replay::OutputFile::open(*name);
    if (!file) return std::unexpected(file.error());
    outputs.add(topic, *std::move(file));
  }
  return outputs;
}

std::expected<LogRun, Failure> start(log::LocalReader& log, const log::SnapshotStore& store, const log::Cut& last) {
  auto beginning = pipeline::begin(log, &store, last, 0, pipeline::BeginAt::first_record);
  // A daemon that runs replaces the older of its two snapshots: the other one is the older one then.
  for (int again = 0; beginning && beginning->snapshot.empty() && !beginning->damaged.empty() && again < 3; ++again) {
    beginning = pipeline::begin(log, &store, last, 0, pipeline::BeginAt::first_record);
  }
  if (!beginning) return failed(beginning.error());
  for (const std::string& damaged : beginning->damaged) tell(damaged + "\n");
  if (!beginning->snapshot.empty()) {
    tell(fmt::format("{}: begins after cut {}, record {}: what came before can't be run any more\n",
                     beginning->snapshot, beginning->shard.last().number, beginning->shard.through()));
  }
  auto run = LogRun::start(log, std::move(beginning->shard), last, {});
  if (!run) return failed(run.error());
  return *std::move(run);
}

/// Runs all of it. Nothing: nobody reads what comes out.
std::expected<std::optional<Totals>, Failure> run_all(LogRun& run, log::LocalReader& log, const log::Cut& last,
                                                      const ReplayOptions& options, replay::TopicOutputs& outputs) {
  const bool documents_on_terminal = options.incidents == "-" && ::isatty(STDOUT_FILENO) != 0;
  ProgressBar bar(STDERR_FILENO, !documents_on_terminal);
  const clock::Stopwatch stopwatch;
  const log::Position first = run.shard().through();
  Totals totals;
  for (;;) {
    const auto step = run.next();
    if (!step) return failed(step.error());
    if (!*step) return totals;
    const auto& made = (*step)->outputs;
    // Empty: let go already.
    const auto recorded = log.outputs((*step)->cut.number);
    if (!recorded) return failed(recorded.error().message);
    if (!recorded->empty() && !log::are_kept_of(*recorded, made)) {
      return failed(fmt::format("cut {}: its outputs do not stand in the log as its hash says: {}", (*step)->cut.number,
                                pipeline::first_difference(made, *recorded)));
    }
    outputs.take(made);
    ++totals.cuts;
    totals.outputs += made.size();
    totals.rejected += static_cast<std::uint64_t>(std::ranges::count(made, Topic::rejected, &log::Output::topic));
    bar.update({run.shard().through() - first, last.through - first, run.shard().alerts(), stopwatch.elapsed()});
    if (outputs.error()) return failed(*outputs.error());
    if (outputs.nobody_reads() && !options.strict) return std::nullopt;
  }
}

std::expected<ExitCode, Failure> replay_folder(const std::string& folder, const ReplayOptions& options) {
  const auto usage = [](std::string message) { return std::unexpected(Failure{ExitCode::usage, std::move(message)}); };
  if (const auto clash = find_clash_with(folder, options)) return usage(*clash);
  std::error_code missing;
  if (!fs::exists(log::local_log_file(folder), missing)) return usage(folder + ": holds no log");
  auto log = log::LocalReader::open(folder);
  if (!log) return failed(log.error().message);
  const auto last = (*log)->last_cut();
  if (!last) return failed(last.error().message);
  const auto kept = (*log)->kept();
  if (!kept) return failed(kept.error().message);
  auto outputs = open_topics(options);
  if (!outputs) return usage(outputs.error());

  Totals totals;
  std::uint64_t alerts = 0;
  log::Position through = 0;
  if (*last) {
    const log::SnapshotStore store(folder);
    auto run = start(**log, store, **last);
    if (!run) return std::unexpected(run.error());
    const auto done = run_all(*run, **log, **last, options, *outputs);
    if (!done) {
      outputs->finish();
      return std::unexpected(done.error());
    }
    if (!*done) return ExitCode::good;
    totals = **done;
    alerts = run->shard().alerts();
    through = run->shard().through();
  }
  outputs->finish();
  if (outputs->error()) return failed(*outputs->error());
  tell(fmt::format("{} cuts up to record {}, {} outputs: all as recorded\n", totals.cuts, through, totals.outputs));
  // Nothing was made of them yet: a daemon that starts takes them.
  if (kept->last > through) tell(fmt::format("{} records behind the last cut were not run\n", kept->last - through));
  tell(fmt::format("{} alerts, {} rejected\n", alerts, totals.rejected));
  return options.strict && totals.rejected != 0 ? ExitCode::failed : ExitCode::good;
}

}  // namespace

ExitCode replay_log(const ReplayOptions& options) {
  if (const auto clash = find_clash(options)) {
    complain(*clash);
    return ExitCode::usage;
  }
  const auto folder = choose_folder(options.log);
  if (!folder) return folder.error();
  const auto done = replay_folder(folder->path, options);
  if (done) return *done;
  complain(done.error().message);
  return done.error().code;
}

}  // namespace triaged::cli

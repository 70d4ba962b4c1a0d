// `triaged replay --log`: a daemon's recorded log, run again exactly.
#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "connectors/clock/clock.hpp"
#include "connectors/kafka/admin.hpp"
#include "connectors/log/kafka/kafka_log_reader.hpp"
#include "connectors/log/local/local_log.hpp"
#include "connectors/log/output_block.hpp"
#include "daemon/app/kafka/kafka_settings.hpp"
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
  std::uint64_t alerts = 0;
  log::Position through = 0;  // the last record, of the shard at hand
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

/// One shard's log, and what it may begin from.
struct Recorded {
  log::LogReader& log;
  const log::SnapshotStore& store;
  std::uint32_t shard = 0;
};

std::expected<LogRun, Failure> start(const Recorded& of, const log::Cut& last) {
  const auto begin = [&] {
    return pipeline::begin(of.log, &of.store, last, of.shard, pipeline::BeginAt::first_record);
  };
  auto beginning = begin();
  // A daemon that runs replaces the older of its two snapshots: the other one is the older one then.
  for (int again = 0; beginning && beginning->snapshot.empty() && !beginning->damaged.empty() && again < 3; ++again) {
    beginning = begin();
  }
  if (!beginning) return failed(beginning.error());
  for (const std::string& damaged : beginning->damaged) tell(damaged + "\n");
  if (!beginning->snapshot.empty()) {
    tell(fmt::format("{}: begins after cut {}, record {}: what came before can't be run any more\n",
                     beginning->snapshot, beginning->shard.last().number, beginning->shard.through()));
  }
  auto run = LogRun::start(of.log, std::move(beginning->shard), last, {});
  if (!run) return failed(run.error());
  return *std::move(run);
}

/// Runs all of it. False: nobody reads what comes out.
std::expected<bool, Failure> run_all(LogRun& run, log::LogReader& log, const log::Cut& last,
                                     const ReplayOptions& options, replay::TopicOutputs& outputs, Totals& totals) {
  const bool documents_on_terminal = options.incidents == "-" && ::isatty(STDOUT_FILENO) != 0;
  ProgressBar bar(STDERR_FILENO, !documents_on_terminal);
  const clock::Stopwatch stopwatch;
  const log::Position first = run.shard().through();
  for (;;) {
    const auto step = run.next();
    if (!step) return failed(step.error());
    if (!*step) break;
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
    if (outputs.nobody_reads() && !options.strict) return false;
  }
  totals.alerts += run.shard().alerts();
  totals.through = run.shard().through();
  return true;
}

/// Runs the log of one shard. False: nobody reads what comes out.
std::expected<bool, Failure> replay_shard(const Recorded& of, const ReplayOptions& options,
                                          replay::TopicOutputs& outputs, Totals& totals) {
  const auto last = of.log.last_cut();
  if (!last) return failed(last.error().message);
  if (!*last) return true;
  auto run = start(of, **last);
  if (!run) return std::unexpected(run.error());
  return run_all(*run, of.log, **last, options, outputs, totals);
}

ExitCode verdict_of(const Totals& totals, const ReplayOptions& options) {
  tell(fmt::format("{} alerts, {} rejected\n", totals.alerts, totals.rejected));
  return options.strict && totals.rejected != 0 ? ExitCode::failed : ExitCode::good;
}

std::expected<ExitCode, Failure> replay_folder(const std::string& folder, const ReplayOptions& options) {
  const auto usage = [](std::string message) { return std::unexpected(Failure{ExitCode::usage, std::move(message)}); };
  if (const auto clash = find_clash_with(folder, options)) return usage(*clash);
  std::error_code missing;
  if (!fs::exists(log::local_log_file(folder), missing)) return usage(folder + ": holds no log");
  auto log = log::LocalReader::open(folder);
  if (!log) return failed(log.error().message);
  const auto kept = (*log)->kept();
  if (!kept) return failed(kept.error().message);
  auto outputs = open_topics(options);
  if (!outputs) return usage(outputs.error());
  const log::SnapshotStore store(folder);
  Totals totals;
  const auto done = replay_shard({.log = **log, .store = store, .shard = 0}, options, *outputs, totals);
  outputs->finish();
  if (!done) return std::unexpected(done.error());
  if (!*done) return ExitCode::good;
  if (outputs->error()) return failed(*outputs->error());
  tell(fmt::format("{} cuts up to record {}, {} outputs: all as recorded\n", totals.cuts, totals.through,
                   totals.outputs));
  // Nothing was made of them yet: a daemon that starts takes them.
  if (kept->last > totals.through) {
    tell(fmt::format("{} records behind the last cut were not run\n", kept->last - totals.through));
  }
  return verdict_of(totals, options);
}

/// All shards, one after the other. Their snapshots, where the first records are gone, are those of this machine.
std::expected<ExitCode, Failure> replay_kafka(const config::Settings& settings, const ReplayOptions& options) {
  auto client = app::kafka_client(settings);
  client.client_id += "-replay";
  const log::KafkaTopics topics = app::kafka_topics(settings);
  auto admin = kafka::Admin::open(client);
  if (!admin) return failed(admin.error().message);
  const auto cuts = (*admin)->describe(topics.cuts());
  if (!cuts) return failed(cuts.error().message);
  if (!*cuts) return std::unexpected(Failure{ExitCode::usage, topics.cuts() + ": there is no such topic"});
  auto outputs = open_topics(options);
  if (!outputs) return std::unexpected(Failure{ExitCode::usage, outputs.error()});
  Totals totals;
  for (std::int32_t shard = 0; shard < (*cuts)->partitions; ++shard) {
    const auto number = static_cast<std::uint32_t>(shard);
    auto log = log::KafkaLogReader::open(
        {.client = client, .topics = topics, .shard = number, .source = app::kafka_source(settings).name});
    if (!log) return failed(log.error().message);
    const log::SnapshotStore store(fmt::format("{}/shard-{}", settings.state_directory, shard));
    const auto done = replay_shard({.log = **log, .store = store, .shard = number}, options, *outputs, totals);
    if (!done) outputs->finish();
    if (!done) return std::unexpected(done.error());
    if (!*done) return ExitCode::good;
  }
  outputs->finish();
  if (outputs->error()) return failed(*outputs->error());
  tell(fmt::format("{} shards, {} cuts, {} outputs: all as recorded\n", (*cuts)->partitions, totals.cuts,
                   totals.outputs));
  return verdict_of(totals, options);
}

}  // namespace

ExitCode replay_log(const ReplayOptions& options) {
  if (const auto clash = find_clash(options)) {
    complain(*clash);
    return ExitCode::usage;
  }
  const auto folder = choose_folder(options.log);
  if (!folder) return folder.error();
  const auto done =
      folder->settings.kafka_log ? replay_kafka(folder->settings, options) : replay_folder(folder->path, options);
  if (done) return *done;
  complain(done.error().message);
  return done.error().code;
}

}  // namespace triaged::cli

#include "daemon/app/daemon.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "connectors/http/secrets.hpp"
#include "connectors/log/local/local_log.hpp"
#include "daemon/api/api.hpp"
#include "daemon/app/daemon_parts.hpp"
#include "daemon/pipeline/crash_point.hpp"

namespace triaged::app {
namespace {

constexpr std::size_t kReadAtOnce = std::size_t{64} << 20U;
constexpr unsigned kApiThreads = 2;
constexpr std::size_t kMostQuestions = 256;
constexpr Duration kHttpGrace = std::chrono::seconds(1);
constexpr Duration kStuck = std::chrono::seconds(60);

using Kind = StartError::Kind;

}  // namespace

std::expected<void, StartError> Daemon::Parts::open_log() {
  auto opened = log::LocalLog::open(folder.path());
  if (!opened) return refuse(opened.error());
  log = *std::move(opened);
  auto reader = log::LocalReader::open(folder.path());
  if (!reader) return refuse(reader.error());
  const auto last = (*reader)->last_log_time();
  if (!last) return refuse(last.error());
  const clock::Reading reading = clock::read();
  switch (options.accept_clock ? clock::Doubt::none : clock::doubt_about(reading, *last)) {
    case clock::Doubt::none: break;
    case clock::Doubt::far_ahead:
      return refuse(Kind::configuration,
                    "the machine's clock is more than 30 days ahead of the log's last record: set it right, or say "
                    "--accept-clock if the daemon was down for so long (all that is timed comes due at once)");
    case clock::Doubt::not_set:
      return refuse(Kind::configuration, "the machine's clock is not set: set it, then start triaged again");
  }
  time = std::make_unique<LogTime>(reading, *last, loaded.settings.max_future);
  return {};
}

// A log that is empty beside what only a log leads to was lost: to begin anew would give ids a second time.
std::expected<void, StartError> Daemon::Parts::check_fresh(log::LogReader& reader) const {
  const auto cut = reader.last_cut();
  if (!cut) return refuse(cut.error());
  const auto marks = log->publishers();
  if (!marks) return refuse(marks.error());
  std::error_code error;
  const bool shown = std::filesystem::exists(folder.read_model_file(), error);
  if (!*cut && marks->empty() && !shown && store.list().empty() && store.damaged().empty()) return {};
  return refuse(
      Kind::configuration,
      fmt::format("{}: the log is gone, and what was made of it is still there: restore a backup (triaged "
                  "restore --force), or move the folder aside to begin anew, which gives incidents' ids again",
                  folder.path()));
}

std::expected<Daemon::Parts::Found, StartError> Daemon::Parts::recover() {
  auto reader = log::LocalReader::open(folder.path());
  if (!reader) return refuse(reader.error());
  const auto first = (*reader)->first_record();
  if (!first) return refuse(first.error());
  if (*first == 0) {
    if (auto fresh = check_fresh(**reader); !fresh) return std::unexpected(fresh.error());
    const log::Delivery bundle{.kind = log::RecordKind::bundle,
                               .source = {},
                               .payload = loaded.recorded,
                               .log_time = time->now(),
                               .skips = 0,
                               .resume = {}};
    if (auto written = log->write({&bundle, 1}, nullptr); !written) return refuse(written.error());
  }
  const auto clean = log->clean();
  if (!clean) return refuse(clean.error());
  const clock::Stopwatch stopwatch;
  auto recovered = pipeline::recover(
      **reader, &store,
      {.shard = 0, .accept_engine_change = options.accept_engine_change, .progress = options.on_recovery});
  if (!recovered) {
    const bool version = recovered.error().kind == pipeline::RecoveryError::Kind::engine_version;
    return refuse(version ? Kind::configuration : Kind::internal, recovered.error().message);
  }
  for (const std::string& damaged : recovered->damaged) telemetry.tell(telemetry::SnapshotFailed{.why = damaged});
  if (const auto written = log::written_at(recovered->snapshot)) board.snapshot(*written);
  if (!recovered->other_version.empty()) {
    if (auto accepted = accept_engine_change(*recovered); !accepted) return std::unexpected(accepted.error());
  }
  std::vector<log::Record> waiting;
  for (log::Position after = recovered->shard.through();;) {
    auto more = (*reader)->records(after, kReadAtOnce);
    if (!more) return refuse(more.error());
    if (more->empty()) break;
    after = more->back().position;
    std::ranges::move(*more, std::back_inserter(waiting));
  }
  auto resumes = log->resumes();
  if (!resumes) return refuse(resumes.error());
  auto marks = log->publishers();
  if (!marks) return refuse(marks.error());
  if (auto said = log->set_clean(false); !said) return refuse(said.error());
  telemetry.tell(telemetry::Recovered{.snapshot_cut = recovered->shard.last().number - recovered->cuts,
                                      .cut = recovered->shard.last().number,
                                      .records = recovered->records,
                                      .took = stopwatch.elapsed()});
  return Found{.recovered = *std::move(recovered),
               .waiting = std::move(waiting),
               .unclean = !*clean,
               .resumes = *std::move(resumes),
               .marks = *std::move(marks)};
}

// It is audited, and asked once: the next start begins behind what the other version made.
std::expected<void, StartError> Daemon::Parts::accept_engine_change(const pipeline::Recovered& recovered) {
  const log::Delivery change{.kind = log::RecordKind::engine_change,
                             .source = {},
                             .payload = fmt::format("engine version {} goes on after version {}",
                                                    pipeline::engine_version(), recovered.other_version),
                             .log_time = time->now(),
                             .skips = 0,
                             .resume = {}};
  if (auto written = log->write({&change, 1}, nullptr); !written) return refuse(written.error());
  const pipeline::SnapshotResult snapshot = snapshots.write_now(recovered.shard);
  if (!snapshot.error.empty()) return refuse(Kind::internal, snapshot.error);
  return {};
}

// From here on the log belongs to its thread.
void Daemon::Parts::start_log_thread(const Found& found) {
  std::uint64_t waiting_bytes = 0;
  for (const log::Record& record : found.waiting) waiting_bytes += record.payload.size();
  log_thread = std::make_unique<pipeline::LogThread>(
      *log, pipeline::LogThread::Options{
                .waiting_bytes = waiting_bytes,
                .now = [this] { return time->now(); },
                .on_durable =
                    [this](std::vector<pipeline::Durable> records) {
                      board.durable(records.back().record.position);
                      core->take(std::move(records));
                    },
                .on_committed = [this](const std::shared_ptr<const log::Batch>& batch) { committed(*batch); },
                .on_health = [this](const std::optional<log::LogError>& error) { log_health(error); },
                .on_written = [this](auto took) { metrics.commit.observe(telemetry::seconds(took)); },
                .on_given_up = [this] { core->give_up(); }});
}

void Daemon::Parts::start_core(pipeline::Recovered recovered, std::vector<log::Record> waiting, bool unclean) {
  if (recovered.shard.engine() != nullptr) board.view(pipeline::view_of(recovered.shard), time->now());
  if (!waiting.empty()) board.durable(waiting.back().position);
  const auto& settings = loaded.settings.snapshot;
  const auto care = unclean ? pipeline::care_after(recovered, waiting.size()) : pipeline::Care{};
  pipeline::Core shard(std::move(recovered), care);
  for (log::Record& record : waiting) shard.add({std::move(record), nullptr});
  core = std::make_unique<pipeline::CoreThread>(
      std::move(shard), snapshots,
      pipeline::CoreThread::Options{
          .moment = [this] { return pipeline::Core::Moment{.now = time->now(), .clamped = time->clamped()}; },
          .snapshots = {.max_tail = settings.max_tail, .interval = settings.interval},
          .commit =
              [this](std::shared_ptr<const log::Batch> batch, Time since) {
                in_flight_since = since;
                log_thread->commit(std::move(batch));
              },
          .on_taken = [this](std::uint64_t bytes) { log_thread->taken(bytes); },
          .on_view = [this](pipeline::ShardView view) { board.view(std::move(view), time->now()); },
          .on_halt =
              [this](const std::optional<pipeline::Core::Halt>& halt) {
                board.halted(halt ? halt->why : std::string());
                if (!halt) return telemetry.tell(telemetry::ShardResumed{});
                using Reason = telemetry::ShardStopped::Reason;
                telemetry.tell(telemetry::ShardStopped{.reason = halt->final ? Reason::broken_log : Reason::poison,
                                                       .cut = board.last_cut(),
                                                       .position = halt->position,
                                                       .what_to_do = halt->why});
              },
          .on_snapshot =
              [this](const pipeline::SnapshotResult& result) {
                if (!result.error.empty()) return telemetry.tell(telemetry::SnapshotFailed{.why = result.error});
                board.snapshot(clock::now());
                telemetry.tell(telemetry::SnapshotWritten{
                    .cut = result.cut, .bytes = result.bytes, .took = result.took, .stall = result.stall});
              }});
  core->start();
}

void Daemon::Parts::open_reload(const std::string& in_log) {
  reloader = std::make_unique<Reload>(
      in_log, loaded.settings,
      [file = options.configuration] {
        return file.empty() ? config::load_built_in() : config::load_configuration(file, http::examine_secrets);
      },
      *log_thread, board, telemetry, [this](const config::Settings& settings) { return take_settings(settings); });
  metrics.reload_successful.set(1);  // what was read at the start was taken
  metrics.reload_last_success.set(telemetry::seconds(clock::now()));
  // People edit a file and start again: what the disk holds is proposed like any reload.
  if (in_log != loaded.bundle->hash) {
    config::Loaded proposed = loaded;
    reloader->propose(std::move(proposed), [](const api::ReloadResult&) {});
  }
}

// Of a configuration that is good; what it has beside the bundle, and takes no new start.
std::expected<void, std::string> Daemon::Parts::take_settings(const config::Settings& settings) {
  if (http::Server* const at = serving.load(); at != nullptr) {
    if (auto read = at->reload_secrets(); !read) return read;
  }
  logger.set(settings.logging);
  time->set_max_future(settings.max_future);
  return {};
}

void Daemon::Parts::log_health(const std::optional<log::LogError>& error) {
  board.log_fault(error ? error->message : std::string());
  if (!error) return telemetry.tell(telemetry::CommitRecovered{});
  telemetry.tell(telemetry::CommitFailed{.why = error->message});
  if (error->kind != log::LogError::Kind::broken) return;
  telemetry.tell(telemetry::ShardStopped{.reason = telemetry::ShardStopped::Reason::broken_log,
                                         .cut = board.last_cut(),
                                         .position = 0,
                                         .what_to_do = "the log is damaged: stop triaged and restore a backup"});
}

void Daemon::Parts::committed(const log::Batch& batch) {
  const auto is_incident = [](const log::Output& output) { return output.topic == log::Topic::incidents; };
  if (in_flight_since.load() != Time{} && std::ranges::any_of(batch.outputs, is_incident)) {
    metrics.alert_to_incident.observe(telemetry::seconds(time->now() - in_flight_since.load()));
  }
  core->committed();
  if (outputs) outputs->committed(batch.cut.number);
  for (const auto& publisher : publishers) publisher->committed(batch.cut.number);
}

std::expected<void, StartError> Daemon::Parts::open_read_model() {
  const std::string file = folder.read_model_file();
  auto model = readmodel::ReadModel::open(file);
  if (!model) return refuse(Kind::internal, model.error().message);
  auto reader = log::LocalReader::open(folder.path());
  if (!reader) return refuse(reader.error());
  const auto last = (*reader)->last_cut();
  if (!last) return refuse(last.error());
  outputs = std::make_unique<pipeline::LocalOutputs>(*std::move(reader));
  if (*last) outputs->committed((*last)->number);
  // Before anybody can ask: the feed would find it too.
  const auto mismatch = outputs->begin(model->progress());
  if (!mismatch) return refuse(Kind::internal, mismatch.error().message);
  if (!mismatch->empty()) {
    {
      const readmodel::ReadModel closed = *std::move(model);
    }
    model = readmodel::ReadModel::open_anew(file, *mismatch, false);
    if (!model) return refuse(Kind::internal, model.error().message);
  }
  if (!model->began_anew().empty()) telemetry.tell(telemetry::ReadModelBegun{.why = model->began_anew()});
  readers = std::make_unique<readmodel::ReaderPool>(file, [this] { feed->suspect(); });
  feed = std::make_unique<pipeline::ReadModelFeed>(
      *std::move(model), *outputs,
      pipeline::ReadModelFeed::Options{
          .on_applied =
              [this](const readmodel::Progress& progress) {
                board.read_model({}, progress);
                for (const auto& of : progress.shards) read_model_clock.applied(of.shard, of.clock);
              },
          .on_health = [this](const std::optional<std::string>& why,
                              const readmodel::Progress& progress) { board.read_model(why.value_or(""), progress); },
          .before_anew = [this] { readers->shut(); },
          .on_anew =
              [this](const std::string& why) {
                readers->forget();
                telemetry.tell(telemetry::ReadModelBegun{.why = why});
              },
          .history = loaded.settings.retention.history_age});
  board.read_model({}, feed->progress());  // it may be up to date, with nothing to apply
  return {};
}

std::expected<void, StartError> Daemon::Parts::serve() {
  std::vector<std::string> http_sources;
  for (const config::SourceConfig& source : loaded.settings.sources) {
    const auto* const file = std::get_if<config::FileSource>(&source.input);
    const bool http = std::holds_alternative<config::HttpSource>(source.input);
    if (http) http_sources.push_back(source.name);
    board.add_source(source.name,
                     http              ? "http"
                     : file != nullptr ? "file"
                                       : "stdin",
                     file != nullptr ? file->path : "");
  }
  alert_intake = std::make_unique<HttpAlertIntake>(
      std::move(http_sources), *log_thread,
      [this](const std::string& source, std::uint64_t alerts, const std::vector<wire::Rejection>& rejections) {
        read(source, alerts, rejections);
      },
      telemetry);
  command_intake = std::make_unique<HttpCommandIntake>(*log_thread, *core);
  workers = std::make_unique<api::Workers>(kApiThreads, kMostQuestions);
  http_watch = std::make_unique<HttpWatch>(telemetry);
  http::Router router;
  api::add_resources(router, {.alerts = *alert_intake,
                              .commands = *command_intake,
                              .read_model = read_model_clock,
                              .status = board,
                              .readiness = board,
                              .reloader = *reloader,
                              .readers = *readers,
                              .workers = *workers,
                              .render_metrics =
                                  [this](std::string_view accept) {
                                    const auto format = metrics::choose_format(accept);
                                    return api::MetricsText{std::string(metrics::content_type(format)),
                                                            registry.scrape(format)};
                                  },
                              .make_key = make_command_key});
  auto started = http::Server::start({.settings = loaded.settings.http}, std::move(router), *http_watch);
  if (!started) {
    const bool settings = started.error().kind == http::ServerError::Kind::settings;
    return refuse(settings ? Kind::configuration : Kind::internal, started.error().message);
  }
  server = *std::move(started);
  serving = server.get();
  if (auto told = folder.tell_address(server->address()); !told) return refuse(Kind::internal, told.error());
  return {};
}

std::expected<std::unique_ptr<Daemon>, StartError> Daemon::start(const RunOptions& options) {
  config::Loaded loaded = options.configuration.empty()
                              ? config::load_built_in()
                              : config::load_configuration(options.configuration, http::examine_secrets);
  if (!loaded.bundle) {
    return std::unexpected(
        StartError{.kind = Kind::configuration, .message = {}, .diagnostics = std::move(loaded.diagnostics)});
  }
  auto folder = StateFolder::open(loaded.settings.state_directory);
  if (!folder) return refuse(Kind::internal, folder.error());
  auto parts = std::make_unique<Parts>(options, std::move(loaded), *std::move(folder));
  for (const config::Diagnostic& warning : parts->loaded.diagnostics) {
    parts->telemetry.tell(telemetry::ConfigurationWarning{
        .place = fmt::format("{}:{}:{}", warning.file, warning.line, warning.column), .why = warning.message});
  }
  if (auto good = parts->open_log(); !good) return std::unexpected(good.error());
  auto found = parts->recover();
  if (!found) return std::unexpected(found.error());
  parts->start_log_thread(*found);
  // Whoever is told of commits is there before the core, which makes them.
  if (auto good = parts->open_read_model(); !good) return std::unexpected(good.error());
  if (auto good = parts->open_publishers(found->marks); !good) return std::unexpected(good.error());
  const std::string in_log = last_bundle(found->recovered.shard, found->waiting);
  parts->start_core(std::move(found->recovered), std::move(found->waiting), found->unclean);
  parts->open_reload(in_log);
  if (auto good = parts->serve(); !good) return std::unexpected(good.error());
  parts->open_sources(found->resumes);
  parts->keeper = std::make_unique<Keeper>(parts->folder.path(), parts->loaded.settings.retention, parts->store,
                                           *parts->log, *parts->log_thread, parts->board, parts->telemetry);
  parts->telemetry.tell(telemetry::Started{
      .version = cli::version_text(), .listen = parts->server->address(), .state_directory = parts->folder.path()});
  return std::unique_ptr<Daemon>(new Daemon(std::move(parts)));
}

Daemon::Daemon(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Daemon::~Daemon() = default;

void Daemon::reload(std::move_only_function<void()> done) {
  parts_->reloader->reload([done = std::move(done)](const api::ReloadResult&) mutable { done(); });
}

std::expected<void, std::string> Daemon::tick() {
  if (auto there = parts_->folder.check_there(); !there) return there;
  parts_->logger.tell_suppressed();
  const Duration ahead = parts_->time->difference();
  parts_->metrics.clock_difference.set(telemetry::seconds(ahead));
  if (parts_->time->astray()) parts_->telemetry.tell(telemetry::ClockJumped{.difference = ahead});
  for (const auto& source : parts_->sources) parts_->board.source_lag(source->name(), source->lag());
  std::vector<std::uint64_t> kept{parts_->feed->progress().of(0).cut};
  for (const auto& publisher : parts_->publishers) kept.push_back(publisher->kept_cut());
  parts_->keeper->tick(parts_->time->now(), std::ranges::min(kept));
  const Duration stuck = parts_->board.stuck_for();
  if (stuck < kStuck) return {};
  parts_->telemetry.tell(telemetry::Stuck{.since = stuck});
  return std::unexpected("nothing moves: this process ends at once, and the next one goes on from the log");
}

bool Daemon::Parts::end() {
  if (std::exchange(ended, true) || !log_thread) return false;
  if (server) server->stop(kHttpGrace);
  log_thread->drain();
  for (auto& source : sources) source->stop();
  const bool finished = core && core->stop();
  if (feed) feed->stop();
  for (auto& publisher : publishers) publisher->stop();
  log_thread->stop();
  return finished && log->set_clean(true).has_value() && log->checkpoint().has_value();
}

bool Daemon::stop(const std::string& why) {
  const clock::Stopwatch stopwatch;
  parts_->folder.forget_address();
  const bool good = parts_->end();
  parts_->telemetry.tell(telemetry::Stopped{.why = why, .took = stopwatch.elapsed()});
  parts_->logger.tell_suppressed();
  return good;
}

}  // namespace triaged::app

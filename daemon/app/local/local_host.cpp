#include "daemon/app/local/local_host.hpp"

#include <algorithm>
#include <filesystem>
#include <future>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "config/bundle_text.hpp"
#include "connectors/clock/clock.hpp"
#include "daemon/pipeline/crash_point.hpp"

namespace triaged::app {
namespace {

constexpr std::size_t kReadAtOnce = std::size_t{64} << 20U;

using Kind = StartError::Kind;

/// The hash of the last bundle in the log, taken by the shard or not; empty where there is none that can be read.
std::string last_bundle_of(const pipeline::Shard& shard, const std::vector<log::Record>& waiting) {
  const auto last = std::ranges::find(waiting.rbegin(), waiting.rend(), log::RecordKind::bundle, &log::Record::kind);
  if (last == waiting.rend()) return shard.bundle() == nullptr ? std::string() : shard.bundle()->hash;
  const auto loaded = config::load_recorded(last->payload);
  return loaded.bundle == nullptr ? std::string() : loaded.bundle->hash;
}

}  // namespace

LocalHost::LocalHost(Common& common) : common_(common), store_(common.folder.path()), snapshots_(store_) {}

LocalHost::~LocalHost() {
  finish();
  close();
}

std::expected<std::unique_ptr<LocalHost>, StartError> LocalHost::open(Common& common) {
  std::unique_ptr<LocalHost> host(new LocalHost(common));
  common.board.log_directory(common.folder.path());
  common.board.owned({0});
  if (auto good = host->open_log(); !good) return std::unexpected(good.error());
  auto found = host->recover();
  if (!found) return std::unexpected(found.error());
  host->last_bundle_ = last_bundle_of(found->recovered.shard, found->waiting);
  if (auto good = host->open_outputs(); !good) return std::unexpected(good.error());
  host->start_log_thread(*found);
  host->found_ = *std::move(found);
  return host;
}

std::expected<void, StartError> LocalHost::open_outputs() {
  auto reader = log::LocalReader::open(common_.folder.path());
  if (!reader) return refuse(reader.error());
  const auto last = (*reader)->last_cut();
  if (!last) return refuse(last.error());
  outputs_ = std::make_unique<pipeline::LocalOutputs>(*std::move(reader));
  if (*last) outputs_->committed((*last)->number);
  return {};
}

// Whoever is told of commits is there before the core, which makes them.
std::expected<void, StartError> LocalHost::start() {
  if (auto good = open_publishers(found_->marks); !good) return good;
  start_core(std::move(found_->recovered), std::move(found_->waiting), found_->unclean);
  make_intakes();
  return {};
}

void LocalHost::make_intakes() {
  std::vector<std::string> http_sources;
  for (const config::SourceConfig& source : common_.loaded.settings.sources) {
    const auto* const file = std::get_if<config::FileSource>(&source.input);
    const bool http = std::holds_alternative<config::HttpSource>(source.input);
    if (http) http_sources.push_back(source.name);
    common_.board.add_source(source.name,
                             http              ? "http"
                             : file != nullptr ? "file"
                                               : "stdin",
                             file != nullptr ? file->path : "");
  }
  alert_intake_ = std::make_unique<HttpAlertIntake>(
      std::move(http_sources), *log_thread_,
      [this](const std::string& source, std::uint64_t alerts, const std::vector<wire::Rejection>& rejections) {
        common_.read(source, alerts, rejections);
      },
      common_.telemetry);
  command_intake_ = std::make_unique<HttpCommandIntake>(*log_thread_, *core_);
}

std::expected<void, StartError> LocalHost::open_log() {
  auto opened = log::LocalLog::open(common_.folder.path());
  if (!opened) return refuse(opened.error());
  log_ = *std::move(opened);
  auto reader = log::LocalReader::open(common_.folder.path());
  if (!reader) return refuse(reader.error());
  const auto last = (*reader)->last_log_time();
  if (!last) return refuse(last.error());
  const clock::Reading reading = clock::read();
  switch (common_.options.accept_clock ? clock::Doubt::none : clock::doubt_about(reading, *last)) {
    case clock::Doubt::none: break;
    case clock::Doubt::far_ahead:
      return refuse(Kind::configuration,
                    "the machine's clock is more than 30 days ahead of the log's last record: set it right, or say "
                    "--accept-clock if the daemon was down for so long (all that is timed comes due at once)");
    case clock::Doubt::not_set:
      return refuse(Kind::configuration, "the machine's clock is not set: set it, then start triaged again");
  }
  time_ = std::make_unique<LogTime>(reading, *last, common_.loaded.settings.max_future);
  return {};
}

// A log that is empty beside what only a log leads to was lost: to begin anew would give ids a second time.
std::expected<void, StartError> LocalHost::check_fresh(log::LogReader& reader) const {
  const auto cut = reader.last_cut();
  if (!cut) return refuse(cut.error());
  const auto marks = log_->publishers();
  if (!marks) return refuse(marks.error());
  std::error_code error;
  const bool shown = std::filesystem::exists(common_.folder.read_model_file(), error);
  if (!*cut && marks->empty() && !shown && store_.list().empty() && store_.damaged().empty()) return {};
  return refuse(
      Kind::configuration,
      fmt::format("{}: the log is gone, and what was made of it is still there: restore a backup (triaged "
                  "restore --force), or move the folder aside to begin anew, which gives incidents' ids again",
                  common_.folder.path()));
}

std::expected<LocalHost::Found, StartError> LocalHost::recover() {
  auto reader = log::LocalReader::open(common_.folder.path());
  if (!reader) return refuse(reader.error());
  const auto first = (*reader)->first_record();
  if (!first) return refuse(first.error());
  if (*first == 0) {
    if (auto fresh = check_fresh(**reader); !fresh) return std::unexpected(fresh.error());
    const log::Delivery bundle{.kind = log::RecordKind::bundle,
                               .source = {},
                               .payload = common_.loaded.recorded,
                               .log_time = time_->now(),
                               .skips = 0,
                               .resume = {}};
    if (auto written = log_->write({&bundle, 1}, nullptr); !written) return refuse(written.error());
  }
  const auto clean = log_->clean();
  if (!clean) return refuse(clean.error());
  const clock::Stopwatch stopwatch;
  auto recovered = pipeline::recover(**reader, &store_,
                                     {.shard = 0,
                                      .accept_engine_change = common_.options.accept_engine_change,
                                      .progress = common_.options.on_recovery});
  if (!recovered) {
    const bool version = recovered.error().kind == pipeline::RecoveryError::Kind::engine_version;
    return refuse(version ? Kind::configuration : Kind::internal, recovered.error().message);
  }
  for (const std::string& damaged : recovered->damaged)
    common_.telemetry.tell(telemetry::SnapshotFailed{.why = damaged});
  if (const auto written = log::written_at(recovered->snapshot)) common_.board.snapshot(*written);
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
  auto resumes = log_->resumes();
  if (!resumes) return refuse(resumes.error());
  auto marks = log_->publishers();
  if (!marks) return refuse(marks.error());
  if (auto said = log_->set_clean(false); !said) return refuse(said.error());
  common_.telemetry.tell(telemetry::Recovered{.snapshot_cut = recovered->shard.last().number - recovered->cuts,
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
std::expected<void, StartError> LocalHost::accept_engine_change(const pipeline::Recovered& recovered) {
  const log::Delivery change{.kind = log::RecordKind::engine_change,
                             .source = {},
                             .payload = fmt::format("engine version {} goes on after version {}",
                                                    pipeline::engine_version(), recovered.other_version),
                             .log_time = time_->now(),
                             .skips = 0,
                             .resume = {}};
  if (auto written = log_->write({&change, 1}, nullptr); !written) return refuse(written.error());
  const pipeline::SnapshotResult snapshot = snapshots_.write_now(recovered.shard);
  if (!snapshot.error.empty()) return refuse(Kind::internal, snapshot.error);
  return {};
}

// From here on the log belongs to its thread.
void LocalHost::start_log_thread(const Found& found) {
  std::uint64_t waiting_bytes = 0;
  for (const log::Record& record : found.waiting) waiting_bytes += record.payload.size();
  log_thread_ = std::make_unique<pipeline::LogThread>(
      *log_, pipeline::LogThread::Options{
                 .waiting_bytes = waiting_bytes,
                 .now = [this] { return time_->now(); },
                 .on_durable =
                     [this](std::vector<pipeline::Durable> records) {
                       common_.board.durable(0, records.back().record.position);
                       core_->take(std::move(records));
                     },
                 .on_committed = [this](const std::shared_ptr<const log::Batch>& batch) { committed(*batch); },
                 .on_health = [this](const std::optional<log::LogError>& error) { log_health(error); },
                 .on_written = [this](auto took) { common_.metrics.commit.observe(telemetry::seconds(took)); },
                 .on_given_up = [this] { core_->give_up(); }});
}

void LocalHost::start_core(pipeline::Recovered recovered, std::vector<log::Record> waiting, bool unclean) {
  if (recovered.shard.engine() != nullptr) common_.board.view(0, pipeline::view_of(recovered.shard), time_->now());
  if (!waiting.empty()) common_.board.durable(0, waiting.back().position);
  const auto& settings = common_.loaded.settings.snapshot;
  const auto care = unclean ? pipeline::care_after(recovered, waiting.size()) : pipeline::Care{};
  pipeline::Core shard(std::move(recovered), care);
  for (log::Record& record : waiting) shard.add(pipeline::Durable(std::move(record)));
  core_ = std::make_unique<pipeline::CoreThread>(
      std::move(shard), snapshots_,
      pipeline::CoreThread::Options{
          .moment = [this] { return pipeline::Core::Moment{.now = time_->now(), .clamped = time_->clamped()}; },
          .snapshots = {.max_tail = settings.max_tail, .interval = settings.interval},
          .commit =
              [this](std::shared_ptr<const log::Batch> batch, Time since) {
                in_flight_since_ = since;
                log_thread_->commit(std::move(batch));
              },
          .on_taken = [this](std::uint64_t bytes) { log_thread_->taken(bytes); },
          .on_view = [this](pipeline::ShardView view) { common_.board.view(0, std::move(view), time_->now()); },
          .on_halt = [this](const std::optional<pipeline::Core::Halt>& halt) { common_.tell(0, halt); },
          .on_snapshot = [this](const pipeline::SnapshotResult& result) { common_.tell(result); }});
  core_->start();
}

pipeline::Written LocalHost::propose(std::string bundle) {
  pipeline::crash_point("reload-begin");
  const auto loaded = config::load_recorded(bundle);
  log::Delivery delivery{.kind = log::RecordKind::bundle,
                         .source = {},
                         .payload = std::move(bundle),
                         .log_time = {},
                         .skips = 0,
                         .resume = {}};
  std::promise<pipeline::Written> answer;
  log_thread_->submit(std::move(delivery), nullptr, [&answer](pipeline::Written written) {
    pipeline::crash_point("reload-journalled");
    answer.set_value(std::move(written));
  });
  pipeline::Written written = answer.get_future().get();
  const std::lock_guard lock(mutex_);
  if (written.position != 0 && loaded.bundle != nullptr) last_bundle_ = loaded.bundle->hash;
  return written;
}

std::string LocalHost::last_bundle() const {
  const std::lock_guard lock(mutex_);
  return last_bundle_;
}

void LocalHost::log_health(const std::optional<log::LogError>& error) {
  common_.board.log_fault(error ? error->message : std::string());
  if (!error) return common_.telemetry.tell(telemetry::CommitRecovered{});
  common_.telemetry.tell(telemetry::CommitFailed{.why = error->message});
  if (error->kind != log::LogError::Kind::broken) return;
  common_.telemetry.tell(
      telemetry::ShardStopped{.reason = telemetry::ShardStopped::Reason::broken_log,
                              .cut = common_.board.last_cut(0),
                              .position = 0,
                              .what_to_do = "the log is damaged: stop triaged and restore a backup"});
}

void LocalHost::committed(const log::Batch& batch) {
  common_.committed(batch, in_flight_since_.load(), time_->now());
  core_->committed();
  outputs_->committed(batch.cut.number);
  for (const auto& publisher : publishers_) publisher->committed(batch.cut.number);
}

std::expected<void, StartError> LocalHost::tick(const readmodel::Progress& shown) {
  const Duration ahead = time_->difference();
  common_.metrics.clock_difference.set(telemetry::seconds(ahead));
  if (time_->astray()) common_.telemetry.tell(telemetry::ClockJumped{.difference = ahead});
  for (const auto& source : sources_) common_.board.source_lag(source->name(), source->lag());
  std::uint64_t out = shown.of(0).cut;
  for (const auto& publisher : publishers_) out = std::min(out, publisher->kept_cut());
  keeper_->tick(time_->now(), out);
  return {};
}

bool LocalHost::finish() {
  if (log_thread_ == nullptr || core_ == nullptr || closed_) return finished_;
  log_thread_->drain();
  for (auto& source : sources_) source->stop();
  finished_ = core_->stop();
  return finished_;
}

bool LocalHost::close() {
  if (std::exchange(closed_, true)) return false;
  for (auto& publisher : publishers_) publisher->stop();
  if (log_thread_ != nullptr) log_thread_->stop();
  return finished_ && log_->set_clean(true).has_value() && log_->checkpoint().has_value();
}

}  // namespace triaged::app

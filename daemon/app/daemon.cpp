#include "daemon/app/daemon.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include <fmt/format.h>

#include "connectors/http/server.hpp"
#include "connectors/readmodel/read_model_reader.hpp"
#include "daemon/api/api.hpp"
#include "daemon/api/read_model_clock.hpp"
#include "daemon/api/workers.hpp"
#include "daemon/app/common.hpp"
#include "daemon/app/examine.hpp"
#include "daemon/app/host.hpp"
#include "daemon/app/http_watch.hpp"
#include "daemon/app/kafka/kafka_host.hpp"
#include "daemon/app/local/local_host.hpp"
#include "daemon/app/reload.hpp"
#include "daemon/pipeline/read_model_feed.hpp"

namespace triaged::app {
namespace {

constexpr unsigned kApiThreads = 2;
constexpr std::size_t kMostQuestions = 256;
constexpr Duration kHttpGrace = std::chrono::seconds(1);
constexpr Duration kStuck = std::chrono::seconds(60);

using Kind = StartError::Kind;

std::expected<std::unique_ptr<Host>, StartError> open_host(Common& common) {
  if (common.loaded.settings.kafka_log) return KafkaHost::open(common);
  return LocalHost::open(common);
}

}  // namespace

// What is made in which order, and who owns what.
struct Daemon::Parts : Common {
  using Common::Common;
  ~Parts() { end(); }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  std::expected<void, StartError> open_read_model();
  void open_reload();
  std::expected<void, StartError> serve();
  std::expected<void, std::string> take_settings(const config::Settings& settings);
  /// Ends all threads, in order. Whether everything that was accepted is done.
  bool end();

  std::unique_ptr<Host> host;
  api::ReadModelClock read_model_clock{[this](std::uint32_t shard, Time clock) { feed->awaited(shard, clock); }};
  std::unique_ptr<pipeline::ReadModelFeed> feed;
  std::unique_ptr<Reload> reloader;
  std::unique_ptr<readmodel::ReaderPool> readers;
  std::unique_ptr<api::Workers> workers;
  std::unique_ptr<HttpWatch> http_watch;
  std::unique_ptr<http::Server> server;
  std::atomic<http::Server*> serving{};  // the same, for the thread that reloads
  bool ended = false;
};

void Daemon::Parts::open_reload() {
  reloader = std::make_unique<Reload>(
      *host, loaded.settings,
      [file = options.configuration] {
        return file.empty() ? config::load_built_in() : config::load_configuration(file, examine_settings);
      },
      board, telemetry, [this](const config::Settings& settings) { return take_settings(settings); });
  metrics.reload_successful.set(1);  // what was read at the start was taken
  metrics.reload_last_success.set(telemetry::seconds(clock::now()));
  // People edit a file and start again: what the disk holds is proposed like any reload.
  if (const std::string in_log = host->last_bundle(); !in_log.empty() && in_log != loaded.bundle->hash) {
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
  host->set_max_future(settings.max_future);
  return {};
}

std::expected<void, StartError> Daemon::Parts::open_read_model() {
  const std::string file = folder.read_model_file();
  auto model = readmodel::ReadModel::open(file);
  if (!model) return refuse(Kind::internal, model.error().message);
  // Before anybody can ask: the feed would find it too.
  const auto mismatch = host->outputs().begin(model->progress());
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
      *std::move(model), host->outputs(),
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
  workers = std::make_unique<api::Workers>(kApiThreads, kMostQuestions);
  http_watch = std::make_unique<HttpWatch>(telemetry);
  http::Router router;
  api::add_resources(router, {.alerts = host->alerts(),
                              .commands = host->commands(),
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
                              : config::load_configuration(options.configuration, examine_settings);
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
  auto host = open_host(*parts);
  if (!host) return std::unexpected(host.error());
  parts->host = *std::move(host);
  if (auto good = parts->open_read_model(); !good) return std::unexpected(good.error());
  if (auto good = parts->host->start(); !good) return std::unexpected(good.error());
  parts->open_reload();
  if (auto good = parts->serve(); !good) return std::unexpected(good.error());
  if (auto good = parts->host->open_sources(); !good) return std::unexpected(good.error());
  parts->telemetry.tell(telemetry::Started{
      .version = cli::version_text(), .listen = parts->server->address(), .state_directory = parts->folder.path()});
  return std::unique_ptr<Daemon>(new Daemon(std::move(parts)));
}

Daemon::Daemon(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Daemon::~Daemon() = default;

void Daemon::reload(std::move_only_function<void()> done) {
  parts_->reloader->reload([done = std::move(done)](const api::ReloadResult&) mutable { done(); });
}

std::expected<void, StartError> Daemon::tick() {
  if (auto there = parts_->folder.check_there(!parts_->loaded.settings.kafka_log); !there)
    return refuse(Kind::internal, there.error());
  parts_->logger.tell_suppressed();
  if (auto good = parts_->host->tick(parts_->feed->progress()); !good) return good;
  const Duration stuck = parts_->board.stuck_for();
  if (stuck < kStuck) return {};
  parts_->telemetry.tell(telemetry::Stuck{.since = stuck});
  return refuse(Kind::internal, "nothing moves: this process ends at once, and the next one goes on from the log");
}

bool Daemon::Parts::end() {
  if (std::exchange(ended, true) || !host) return false;
  if (server) server->stop(kHttpGrace);
  const bool finished = host->finish();
  if (feed) feed->stop();
  return host->close() && finished;
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

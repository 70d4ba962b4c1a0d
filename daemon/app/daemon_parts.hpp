// The parts of the daemon: what is made in which order, and who owns what. For daemon*.cpp only.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "connectors/clock/clock.hpp"
#include "connectors/files/followed_file.hpp"
#include "connectors/http/server.hpp"
#include "connectors/log/local/local_log.hpp"
#include "connectors/readmodel/read_model_reader.hpp"
#include "daemon/api/read_model_clock.hpp"
#include "daemon/api/workers.hpp"
#include "daemon/app/board.hpp"
#include "daemon/app/daemon.hpp"
#include "daemon/app/http_watch.hpp"
#include "daemon/app/intakes.hpp"
#include "daemon/app/keeper.hpp"
#include "daemon/app/log_time.hpp"
#include "daemon/app/reload.hpp"
#include "daemon/app/state_folder.hpp"
#include "daemon/cli/version.hpp"
#include "daemon/pipeline/local_outputs.hpp"
#include "daemon/pipeline/publish_thread.hpp"
#include "daemon/pipeline/read_model_feed.hpp"
#include "daemon/pipeline/source_thread.hpp"

namespace triaged::app {

inline std::unexpected<StartError> refuse(StartError::Kind kind, std::string message) {
  return std::unexpected(StartError{.kind = kind, .message = std::move(message), .diagnostics = {}});
}
inline std::unexpected<StartError> refuse(const log::LogError& error) {
  return refuse(StartError::Kind::internal, error.message);
}

struct Daemon::Parts {
  Parts(RunOptions run_options, config::Loaded configuration, StateFolder state_folder)
      : options(std::move(run_options)),
        loaded(std::move(configuration)),
        folder(std::move(state_folder)),
        store(folder.path()),
        snapshots(store),
        metrics(registry, cli::version_number(), cli::revision_text()),
        logger(loaded.settings.logging, STDERR_FILENO),
        telemetry(registry, metrics, logger),
        board(cli::version_text(), options.configuration, folder.path(), clock::now(), telemetry) {}

  ~Parts() { end(); }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  /// What the log knows of the daemon that wrote it last. Read before the log has its thread.
  struct Found {
    pipeline::Recovered recovered;
    std::vector<log::Record> waiting;  // behind the last cut
    bool unclean = false;
    std::map<std::string, std::string> resumes;
    std::vector<log::PublisherMark> marks;
  };
  std::expected<void, StartError> open_log();
  [[nodiscard]] std::expected<void, StartError> check_fresh(log::LogReader& reader) const;
  std::expected<Found, StartError> recover();
  std::expected<void, StartError> accept_engine_change(const pipeline::Recovered& recovered);
  void start_log_thread(const Found& found);
  std::expected<void, StartError> open_read_model();
  std::expected<void, StartError> open_publishers(const std::vector<log::PublisherMark>& marks);
  void start_core(pipeline::Recovered recovered, std::vector<log::Record> waiting, bool unclean);
  void open_reload(const std::string& in_log);
  std::expected<void, StartError> serve();
  void open_sources(const std::map<std::string, std::string>& resumes);
  /// Ends all threads, in order. Whether everything that was accepted is done.
  bool end();
  void committed(const log::Batch& batch);
  std::expected<void, std::string> take_settings(const config::Settings& settings);
  void log_health(const std::optional<log::LogError>& error);
  void read(const std::string& source, std::uint64_t alerts, const std::vector<wire::Rejection>& rejections) {
    board.source_read(source, alerts, rejections, clock::now());
  }
  void report(const std::string& source, const files::FileReport& report);

  RunOptions options;
  config::Loaded loaded;
  StateFolder folder;
  log::SnapshotStore store;
  pipeline::SnapshotWriter snapshots;

  metrics::Registry registry;
  telemetry::Metrics metrics;
  telemetry::Logger logger;
  telemetry::Telemetry telemetry;
  Board board;

  std::unique_ptr<log::LocalLog> log;
  std::unique_ptr<LogTime> time;
  std::atomic<Time> in_flight_since{};  // when the oldest came of what the batch that commits now took
  api::ReadModelClock read_model_clock{[this](std::uint32_t shard, Time clock) { feed->awaited(shard, clock); }};
  std::unique_ptr<pipeline::LogThread> log_thread;
  std::unique_ptr<pipeline::CoreThread> core;
  std::unique_ptr<pipeline::LocalOutputs> outputs;
  std::unique_ptr<pipeline::ReadModelFeed> feed;
  std::vector<std::unique_ptr<pipeline::PublishThread>> publishers;
  std::vector<std::unique_ptr<pipeline::SourceThread>> sources;
  std::unique_ptr<Keeper> keeper;

  std::unique_ptr<HttpAlertIntake> alert_intake;
  std::unique_ptr<HttpCommandIntake> command_intake;
  std::unique_ptr<Reload> reloader;
  std::unique_ptr<readmodel::ReaderPool> readers;
  std::unique_ptr<api::Workers> workers;
  std::unique_ptr<HttpWatch> http_watch;
  std::unique_ptr<http::Server> server;
  std::atomic<http::Server*> serving{};  // the same, for the thread that reloads
  bool ended = false;
};

}  // namespace triaged::app

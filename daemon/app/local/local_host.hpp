// One shard, over a log on this machine.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "connectors/files/followed_file.hpp"
#include "connectors/log/local/local_log.hpp"
#include "daemon/app/common.hpp"
#include "daemon/app/host.hpp"
#include "daemon/app/local/intakes.hpp"
#include "daemon/app/local/keeper.hpp"
#include "daemon/app/log_time.hpp"
#include "daemon/pipeline/local_outputs.hpp"
#include "daemon/pipeline/publish_thread.hpp"
#include "daemon/pipeline/source_thread.hpp"

namespace triaged::app {

class LocalHost final : public Host {
 public:
  static std::expected<std::unique_ptr<LocalHost>, StartError> open(Common& common);
  ~LocalHost() override;

  pipeline::OutputSource& outputs() override { return *outputs_; }
  std::expected<void, StartError> start() override;
  api::AlertIntake& alerts() override { return *alert_intake_; }
  api::CommandIntake& commands() override { return *command_intake_; }
  pipeline::Written propose(std::string bundle) override;
  [[nodiscard]] std::string last_bundle() const override;
  void set_max_future(Duration max_future) override { time_->set_max_future(max_future); }
  std::expected<void, StartError> open_sources() override;
  std::expected<void, StartError> tick(const readmodel::Progress& shown) override;
  bool finish() override;
  bool close() override;

 private:
  /// What the log knows of the daemon that wrote it last. Read before the log has its thread.
  struct Found {
    pipeline::Recovered recovered;
    std::vector<log::Record> waiting;  // behind the last cut
    bool unclean = false;
    std::map<std::string, std::string> resumes;
    std::vector<log::PublisherMark> marks;
  };

  explicit LocalHost(Common& common);
  std::expected<void, StartError> open_log();
  [[nodiscard]] std::expected<void, StartError> check_fresh(log::LogReader& reader) const;
  std::expected<Found, StartError> recover();
  std::expected<void, StartError> accept_engine_change(const pipeline::Recovered& recovered);
  std::expected<void, StartError> open_outputs();
  void start_log_thread(const Found& found);
  std::expected<void, StartError> open_publishers(const std::vector<log::PublisherMark>& marks);
  void start_core(pipeline::Recovered recovered, std::vector<log::Record> waiting, bool unclean);
  void make_intakes();
  void committed(const log::Batch& batch);
  void log_health(const std::optional<log::LogError>& error);
  void report(const std::string& source, const files::FileReport& report);
  void open_source(const config::SourceConfig& source);

  Common& common_;
  log::SnapshotStore store_;
  pipeline::SnapshotWriter snapshots_;
  std::unique_ptr<log::LocalLog> log_;
  std::unique_ptr<LogTime> time_;
  std::optional<Found> found_;           // until start()
  std::atomic<Time> in_flight_since_{};  // when the oldest came of what the batch that commits now took
  mutable std::mutex mutex_;             // of last_bundle_
  std::string last_bundle_;
  std::unique_ptr<pipeline::LogThread> log_thread_;
  std::unique_ptr<pipeline::LocalOutputs> outputs_;
  std::unique_ptr<pipeline::CoreThread> core_;
  std::vector<std::unique_ptr<pipeline::PublishThread>> publishers_;
  std::vector<std::unique_ptr<pipeline::SourceThread>> sources_;
  std::unique_ptr<Keeper> keeper_;
  std::unique_ptr<HttpAlertIntake> alert_intake_;
  std::unique_ptr<HttpCommandIntake> command_intake_;
  bool finished_ = false;
  bool closed_ = false;
};

}  // namespace triaged::app

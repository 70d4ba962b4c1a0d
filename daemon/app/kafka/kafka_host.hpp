// Some of the shards of a log in Kafka; other processes have the others.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/producer.hpp"
#include "connectors/log/kafka/topics.hpp"
#include "daemon/app/common.hpp"
#include "daemon/app/host.hpp"
#include "daemon/app/kafka/broker_probe.hpp"
#include "daemon/app/kafka/kafka_intakes.hpp"
#include "daemon/app/kafka/shard_group.hpp"
#include "daemon/app/log_time.hpp"
#include "daemon/pipeline/kafka_outputs.hpp"

namespace triaged::app {

class KafkaHost final : public Host {
 public:
  static std::expected<std::unique_ptr<KafkaHost>, StartError> open(Common& common);
  ~KafkaHost() override;

  pipeline::OutputSource& outputs() override { return *outputs_; }
  std::expected<void, StartError> start() override;
  api::AlertIntake& alerts() override { return alert_intake_; }
  api::CommandIntake& commands() override { return *command_intake_; }
  pipeline::Written propose(std::string bundle) override;
  [[nodiscard]] std::string last_bundle() const override { return common_.board.bundle_in_force(); }
  void set_max_future(Duration max_future) override;
  std::expected<void, StartError> open_sources() override;
  std::expected<void, StartError> tick(const readmodel::Progress& shown) override;
  bool finish() override;
  bool close() override;

 private:
  explicit KafkaHost(Common& common);
  std::expected<void, StartError> open_topics();
  [[nodiscard]] OwnedShard::Options shard_options(std::uint32_t shard);
  [[nodiscard]] pipeline::Core::Moment moment();
  void failed(StartError error);
  void retention(std::uint32_t shard, const log::SourceRetention& found);
  void accept_engine_change(std::uint32_t shard, const std::string& other_version);
  void recovered(std::uint32_t shard, const pipeline::Recovered& recovered, Duration took);

  Common& common_;
  kafka::ClientOptions client_;
  log::KafkaTopics topics_;
  const config::SourceConfig& source_;
  std::uint32_t shards_ = 0;
  std::unique_ptr<LogTime> time_;
  std::atomic<Duration> max_future_;
  std::unique_ptr<kafka::Producer> control_;
  std::unique_ptr<BrokerProbe> probe_;
  std::unique_ptr<pipeline::OutputSource> outputs_;
  KafkaAlertIntake alert_intake_;
  std::unique_ptr<KafkaCommandIntake> command_intake_;
  std::unique_ptr<ShardGroup> group_;
  std::mutex mutex_;  // of failure_
  std::optional<StartError> failure_;
  bool finished_ = false;
};

}  // namespace triaged::app

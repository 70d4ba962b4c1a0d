#include "daemon/app/kafka/kafka_host.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "connectors/clock/clock.hpp"
#include "daemon/app/kafka/kafka_settings.hpp"
#include "daemon/pipeline/crash_point.hpp"

namespace triaged::app {
namespace {

constexpr int kWarning = 4;  // of syslog(3)
constexpr Duration kPatience = std::chrono::seconds(30);

using Kind = StartError::Kind;

}  // namespace

KafkaHost::KafkaHost(Common& common)
    : common_(common),
      client_(kafka_client(common.loaded.settings)),
      topics_(kafka_topics(common.loaded.settings)),
      source_(kafka_source(common.loaded.settings)),
      max_future_(common.loaded.settings.max_future) {
  const bool everything = client_.properties.contains("debug");
  client_.on_log = [&telemetry = common.telemetry, everything](const kafka::LogLine& line) {
    if (line.level > kWarning && !everything) return;
    telemetry.tell(telemetry::KafkaSaid{.level = line.level, .facility = line.facility, .message = line.message});
  };
}

KafkaHost::~KafkaHost() { finish(); }

std::expected<std::unique_ptr<KafkaHost>, StartError> KafkaHost::open(Common& common) {
  std::unique_ptr<KafkaHost> host(new KafkaHost(common));
  // Each record has its time; this is the clock of ticks, and nothing that a shard took is ahead of it for long.
  host->time_ = std::make_unique<LogTime>(clock::read(), std::nullopt, common.loaded.settings.max_future);
  if (auto good = host->open_topics(); !good) return std::unexpected(good.error());
  auto producer = kafka::Producer::open(host->client_);
  if (!producer) return std::unexpected(to_start_error(producer.error()));
  host->control_ = *std::move(producer);
  auto outputs =
      pipeline::KafkaOutputs::open({.client = host->client_, .topics = host->topics_, .shards = host->shards_});
  if (!outputs) return refuse(Kind::configuration, outputs.error());
  host->outputs_ = *std::move(outputs);
  common.board.fallback(common.loaded.bundle);
  common.board.add_source(host->source_.name, "kafka", host->topics_.source);
  return host;
}

std::expected<void, StartError> KafkaHost::open_topics() {
  auto admin = kafka::Admin::open(client_, kPatience);
  if (!admin) return std::unexpected(to_start_error(admin.error()));
  auto prepared = log::prepare_topics(**admin, topics_, common_.loaded.settings.kafka_log->replication.value_or(-1));
  if (!prepared) return refuse(prepared.error());
  shards_ = prepared->shards;
  if (!prepared->created.empty()) {
    common_.telemetry.tell(telemetry::TopicsCreated{.topics = fmt::format("{}", fmt::join(prepared->created, " "))});
  }
  return {};
}

std::expected<void, StartError> KafkaHost::start() {
  command_intake_ = std::make_unique<KafkaCommandIntake>(
      *control_, KafkaCommandIntake::Options{
                     .topics = topics_,
                     .shards = shards_,
                     .brokers_fault = [this] { return probe_->fault(); },
                     .halted_at = [this](std::uint32_t shard) { return group_->halted_at(shard); },
                     .incident_prefix = [this] { return common_.board.bundle()->settings.incident_prefix; }});
  auto probe = BrokerProbe::start(client_, topics_.control(),
                                  [this](std::string fault) { common_.board.brokers_fault(std::move(fault)); });
  if (!probe) return std::unexpected(to_start_error(probe.error()));
  probe_ = *std::move(probe);
  const config::KafkaLogSettings& settings = *common_.loaded.settings.kafka_log;
  auto joined = ShardGroup::join(
      {.client = client_,
       .topics = topics_,
       .group = settings.group,
       .instance = settings.instance,
       .session_timeout = settings.session_timeout,
       .shard = [this](std::uint32_t shard) { return shard_options(shard); },
       .on_owned =
           [this](const std::vector<std::uint32_t>& shards) {
             common_.board.owned(shards);
             common_.telemetry.tell(telemetry::ShardsOwned{.shards = fmt::format("{}", fmt::join(shards, " "))});
           },
       .on_failed = [this](StartError error) { failed(std::move(error)); },
       .on_queues = [this](std::uint32_t shard, const ShardQueues& found) { common_.board.queues(shard, found); }});
  if (!joined) return std::unexpected(joined.error());
  group_ = *std::move(joined);
  return {};
}

OwnedShard::Options KafkaHost::shard_options(std::uint32_t shard) {
  const config::Settings& settings = common_.loaded.settings;
  return {
      .number = shard,
      .client = client_,
      .topics = topics_,
      .group = settings.kafka_log->group,
      .source = source_.name,
      .directory = fmt::format("{}/shard-{}", common_.folder.path(), shard),
      .start = kafka_start(settings),
      .snapshots = {.max_tail = settings.snapshot.max_tail, .interval = settings.snapshot.interval},
      .accept_engine_change = common_.options.accept_engine_change,
      .moment = [this] { return moment(); },
      .on_recovered = [this, shard](const pipeline::Recovered& what, Duration took) { recovered(shard, what, took); },
      .on_view = [this, shard](pipeline::ShardView view) { common_.board.view(shard, std::move(view), time_->now()); },
      .on_halt = [this, shard](const std::optional<pipeline::Core::Halt>& halt) { common_.tell(shard, halt); },
      .on_snapshot = [this](const pipeline::SnapshotResult& result) { common_.tell(result); },
      .on_copy_failed =
          [this](std::string why) { common_.telemetry.tell(telemetry::SnapshotFailed{.why = std::move(why)}); },
      .on_retention = [this, shard](const log::SourceRetention& found) { retention(shard, found); },
      .on_committed =
          [this](const log::Batch& batch, Time since, std::chrono::microseconds took) {
            common_.metrics.commit.observe(telemetry::seconds(took));
            common_.committed(batch, since, time_->now());
            outputs_->wake();
          },
      .on_aborted =
          [this, shard](std::uint32_t transactions) {
            common_.metrics.shard_aborts.with({std::to_string(shard)}).add(transactions);
          },
      .on_failed = [this](StartError error) { failed(std::move(error)); },
      .on_read =
          [this](std::uint64_t alerts, const std::vector<wire::Rejection>& rejections) {
            common_.read(source_.name, alerts, rejections);
          },
      .on_delivered = [this, shard](log::Position last) { common_.board.durable(shard, last); },
      .ask_for_bundle =
          [this, shard] {
            const ControlRecord record(topics_, log::RecordKind::bundle, common_.loaded.recorded);
            auto sent = control_->send(record.to(shard), kPatience);
            if (!sent) failed(to_start_error(sent.error()));
          }};
}

pipeline::Core::Moment KafkaHost::moment() {
  const Time now = time_->now();
  return {.now = now, .clamped = time_->clamped(), .ceiling = clock::now() + max_future_.load()};
}

void KafkaHost::set_max_future(Duration max_future) {
  max_future_ = max_future;
  time_->set_max_future(max_future);
}

void KafkaHost::failed(StartError error) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(error);
}

void KafkaHost::recovered(std::uint32_t shard, const pipeline::Recovered& recovered, Duration took) {
  for (const std::string& damaged : recovered.damaged) {
    common_.telemetry.tell(telemetry::SnapshotFailed{.why = damaged});
  }
  if (const auto written = log::written_at(recovered.snapshot)) common_.board.snapshot(*written);
  if (!recovered.other_version.empty()) accept_engine_change(shard, recovered.other_version);
  common_.telemetry.tell(telemetry::Recovered{.shard = shard,
                                              .snapshot_cut = recovered.shard.last().number - recovered.cuts,
                                              .cut = recovered.shard.last().number,
                                              .records = recovered.records,
                                              .took = took});
}

void KafkaHost::retention(std::uint32_t shard, const log::SourceRetention& found) {
  common_.metrics.source_retention.with({std::to_string(shard)}).set(static_cast<double>(found.percent()) / 100);
  if (!found.alarming()) return;
  common_.telemetry.tell(telemetry::RetentionClose{
      .shard = shard, .topic = topics_.source, .percent = found.percent(), .room = found.room()});
}

// It is audited.
void KafkaHost::accept_engine_change(std::uint32_t shard, const std::string& other_version) {
  const ControlRecord record(
      topics_, log::RecordKind::engine_change,
      fmt::format("engine version {} goes on after version {}", pipeline::engine_version(), other_version));
  if (const auto sent = control_->send(record.to(shard), kPatience); !sent) failed(to_start_error(sent.error()));
}

pipeline::Written KafkaHost::propose(std::string bundle) {
  pipeline::crash_point("reload-begin");
  pipeline::Written written{.position = 1, .log_time = time_->now(), .refusal = {}};
  const ControlRecord record(topics_, log::RecordKind::bundle, std::move(bundle));
  for (std::uint32_t shard = 0; shard < shards_; ++shard) {
    const auto sent = control_->send(record.to(shard), kPatience);
    if (sent) continue;
    written.position = 0;
    written.refused = pipeline::Written::Refusal::log_failing;
    written.refusal = sent.error().message;
    break;
  }
  pipeline::crash_point("reload-journalled");
  return written;
}

// Alerts come as soon as a shard is recovered.
std::expected<void, StartError> KafkaHost::open_sources() { return {}; }

std::expected<void, StartError> KafkaHost::tick(const readmodel::Progress& /*shown*/) {
  common_.metrics.clock_difference.set(telemetry::seconds(time_->difference()));
  if (time_->astray()) common_.telemetry.tell(telemetry::ClockJumped{.difference = time_->difference()});
  const std::lock_guard lock(mutex_);
  if (failure_) return std::unexpected(*failure_);
  return {};
}

bool KafkaHost::finish() {
  if (group_ == nullptr) return finished_;
  finished_ = group_->stop();
  group_.reset();
  return finished_;
}

bool KafkaHost::close() { return finished_; }

}  // namespace triaged::app

#include "daemon/app/kafka/owned_shard.hpp"

#include <filesystem>
#include <future>
#include <utility>

#include <fmt/format.h>

#include "connectors/clock/clock.hpp"
#include "connectors/log/kafka/record_codec.hpp"
#include "connectors/systemd/thread_name.hpp"
#include "daemon/app/kafka/snapshot_copier.hpp"
#include "daemon/pipeline/crash_point.hpp"

namespace triaged::app {
namespace {

// While a backlog is worked off a commit takes as long as it takes: what comes meanwhile goes into the next one.
constexpr std::uint64_t kBatchBytes = std::uint64_t{32} << 20U;

constexpr Duration kPatience = std::chrono::seconds(10);
constexpr Duration kStopGrace = std::chrono::seconds(20);

using Kind = StartError::Kind;

StartError failure(Kind kind, std::string message) {
  return {.kind = kind, .message = std::move(message), .diagnostics = {}};
}

}  // namespace

StartError to_start_error(const kafka::Error& error) {
  return failure(error.kind == kafka::Error::Kind::denied ? Kind::configuration : Kind::internal, error.message);
}

StartError to_start_error(const log::LogError& error) {
  return failure(error.kind == log::LogError::Kind::refused ? Kind::configuration : Kind::internal, error.message);
}

OwnedShard::OwnedShard(Options options, std::shared_ptr<const kafka::GroupMembership> membership)
    : options_(std::move(options)), membership_(std::move(membership)), store_(options_.directory) {}

OwnedShard::~OwnedShard() { abandon(Duration{0}); }

std::expected<std::unique_ptr<OwnedShard>, StartError> OwnedShard::take_over(
    Options options, std::shared_ptr<const kafka::GroupMembership> membership) {
  std::unique_ptr<OwnedShard> shard(new OwnedShard(std::move(options), std::move(membership)));
  if (auto opened = shard->open(); !opened) return std::unexpected(opened.error());
  return shard;
}

std::expected<void, StartError> OwnedShard::open() {
  auto committer =
      log::KafkaCommitter::open({.client = options_.client,
                                 .topics = options_.topics,
                                 .group = options_.group,
                                 .shard = options_.number,
                                 .go_on = [this] { return !giving_up_.load(); },
                                 .on_stage = [](std::string_view stage) { pipeline::crash_point(stage); }});
  if (!committer) return std::unexpected(to_start_error(committer.error()));
  committer_ = *std::move(committer);
  auto reader = log::KafkaLogReader::open(
      {.client = options_.client, .topics = options_.topics, .shard = options_.number, .source = options_.source});
  if (!reader) return std::unexpected(to_start_error(reader.error()));
  reader_ = *std::move(reader);
  const auto cut = reader_->last_cut();
  if (!cut) return std::unexpected(to_start_error(cut.error()));
  if (*cut) {
    if (auto ours = check_owner(); !ours) return ours;
    next_ = (*cut)->next;
    position_ = (*cut)->through;
    has_bundle_ = !(*cut)->bundle.empty();
    if (next_.size() == log::kInputs) return {};
    return std::unexpected(failure(Kind::internal, fmt::format("{}/{}: the last cut does not say where reading goes on",
                                                               options_.topics.cuts(), options_.number)));
  }
  auto from = kafka::PartitionReader::open(options_.client, kafka::PartitionReader::Isolation::committed);
  if (!from) return std::unexpected(to_start_error(from.error()));
  auto next = log::start_offsets(**from, options_.topics, options_.number, options_.start, std::chrono::seconds(30));
  if (!next) return std::unexpected(to_start_error(next.error()));
  next_ = *std::move(next);
  return {};
}

std::expected<void, StartError> OwnedShard::check_owner() const {
  const std::string& group = reader_->last_group();
  if (group == options_.group) return {};
  return std::unexpected(failure(
      Kind::configuration,
      fmt::format(
          "{}/{} is the log of the group {}, and log.kafka.group here is {}: two groups that write one log would "
          "spoil it; give log.kafka.group that name, or log.kafka.topic_prefix another one for a log of its own",
          options_.topics.cuts(), options_.number, group, options_.group)));
}

std::expected<void, StartError> OwnedShard::check_group(std::uint32_t input, std::int64_t committed) const {
  if (committed < 0 || static_cast<std::uint64_t>(committed) <= next_.at(input)) return {};
  return std::unexpected(failure(
      Kind::configuration,
      fmt::format(
          "the group {} is at offset {} of {}/{}, and the last cut in {} at {}: cuts are missing, or the group was "
          "moved; give log.kafka.topic_prefix and log.kafka.group other names to begin anew, or bring the cuts back",
          options_.group, committed, input == log::kControlInput ? options_.topics.control() : options_.topics.source,
          options_.number, options_.topics.cuts(), next_.at(input))));
}

void OwnedShard::start() {
  recovery_ = std::thread([this] { recover(); });
}

void OwnedShard::recover() {
  systemd::name_thread("recovery");
  std::error_code error;
  std::filesystem::create_directories(options_.directory, error);
  const clock::Stopwatch stopwatch;
  auto copier = SnapshotCopier::open({.client = options_.client,
                                      .topic = options_.topics.snapshots(),
                                      .shard = options_.number,
                                      .store = store_,
                                      .on_failed = options_.on_copy_failed,
                                      .on_copied = [this] { look_at_retention(); }});
  if (!copier) return options_.on_failed(to_start_error(copier.error()));
  copier_ = *std::move(copier);
  if (auto fetched = copier_->fetch(); !fetched) return options_.on_failed(to_start_error(fetched.error()));
  auto recovered = pipeline::recover(
      *reader_, &store_,
      {.shard = options_.number, .next = next_, .accept_engine_change = options_.accept_engine_change, .go_on = [this] {
         return !giving_up_.load();
       }});
  if (!recovered) {
    using From = pipeline::RecoveryError::Kind;
    const bool people = recovered.error().kind == From::engine_version || recovered.error().kind == From::gap;
    if (giving_up_) return;
    return options_.on_failed(failure(people ? Kind::configuration : Kind::internal,
                                      fmt::format("shard {}: {}", options_.number, recovered.error().message)));
  }
  options_.on_recovered(*recovered, stopwatch.elapsed());
  start_core(*std::move(recovered));
}

void OwnedShard::start_core(pipeline::Recovered recovered) {
  const pipeline::Care care = pipeline::care_after(recovered);
  const bool fresh = recovered.shard.engine() == nullptr;
  if (!fresh) options_.on_view(pipeline::view_of(recovered.shard));
  {
    const std::lock_guard lock(mutex_);
    snapshots_.emplace(store_);
    commits_ = std::make_unique<pipeline::CommitThread>(
        pipeline::CommitThread::Options{.commit = [this](const log::Batch& batch) { return commit(batch); },
                                        .on_committed =
                                            [this](const log::Batch& batch, std::chrono::microseconds took) {
                                              options_.on_committed(batch, in_flight_since_.load(), took);
                                              core_->committed();
                                            },
                                        .on_failed =
                                            [this](std::string why) {
                                              core_->give_up();
                                              if (!giving_up_)
                                                options_.on_failed(failure(Kind::internal, std::move(why)));
                                            }});
    core_ = std::make_unique<pipeline::CoreThread>(
        pipeline::Core(std::move(recovered), care, kBatchBytes), *snapshots_,
        pipeline::CoreThread::Options{.moment = options_.moment,
                                      .snapshots = options_.snapshots,
                                      .commit =
                                          [this](std::shared_ptr<const log::Batch> batch, Time since) {
                                            in_flight_since_ = since;
                                            commits_->commit(std::move(batch));
                                          },
                                      .on_taken = [this](std::uint64_t bytes) { waiting_bytes_ -= bytes; },
                                      .on_view = options_.on_view,
                                      .on_halt =
                                          [this](const std::optional<pipeline::Core::Halt>& halt) {
                                            halted_ = halt.has_value();
                                            options_.on_halt(halt);
                                          },
                                      .on_snapshot =
                                          [this](const pipeline::SnapshotResult& result) {
                                            options_.on_snapshot(result);
                                            if (result.error.empty()) taken(result);
                                          }});
    core_->caught_up(false);
    core_->start();
  }
  // A shard that never took anything: what it is to take first has to be asked for.
  if (fresh) options_.ask_for_bundle();
  recovered_ = true;
}

void OwnedShard::taken(const pipeline::SnapshotResult& result) {
  needed_[0] = needed_[1].load();
  needed_[1] = result.next.at(log::kAlertsInput);
  copier_->copy(result.cut);
}

void OwnedShard::look_at_retention() {
  if (needed_[0] == 0) return;  // there was one snapshot here so far
  auto reader = kafka::PartitionReader::open(options_.client, kafka::PartitionReader::Isolation::committed);
  if (!reader) return;
  const auto found = log::source_retention(**reader, options_.topics, options_.number, needed_[0], kPatience);
  if (found) options_.on_retention(*found);
}

std::expected<void, std::string> OwnedShard::commit(const log::Batch& batch) {
  transaction_open_ = true;
  const auto committed = committer_->commit(batch, *membership_);
  transaction_open_ = false;
  if (committed && committed->aborts != 0) options_.on_aborted(committed->aborts);
  if (committed) return {};
  return std::unexpected(fmt::format("shard {}: {}", options_.number, committed.error().message));
}

bool OwnedShard::takes(std::uint32_t input) const {
  if (input == log::kControlInput) return true;
  return has_bundle_ && !halted_ && waiting_bytes_ < kMostWaiting;
}

void OwnedShard::deliver(const kafka::IncomingRecord& message, std::uint32_t input) {
  ++position_;
  if (input == log::kAlertsInput) return deliver_alerts(message);
  log::Record record = log::to_record(message, input, options_.source);
  record.position = position_;
  if (record.kind == log::RecordKind::bundle) has_bundle_ = true;
  waiting_bytes_ += record.payload.size();
  delivered_.emplace_back(std::move(record));
}

// As log::to_record() has it, but decoded here, many records into one batch, without a copy of what they hold.
void OwnedShard::deliver_alerts(const kafka::IncomingRecord& message) {
  const log::AlertsView alerts = log::view_alerts(message.value(), message.header("content-type"));
  log::Record record;
  record.position = position_;
  record.log_time = message.timestamp();
  record.kind = alerts.kind;
  record.source = options_.source;
  record.origin = log::Origin{.input = log::kAlertsInput, .offset = static_cast<std::uint64_t>(message.offset())};
  const std::uint64_t size = alerts.payload().size();
  waiting_bytes_ += size;
  if (alerts.kind == log::RecordKind::nothing) {
    delivered_.emplace_back(std::move(record));
    return;
  }
  if (pipeline::looks_for_poison()) record.payload = alerts.payload();
  if (decoded_ == nullptr) decoded_ = std::make_shared<wire::AlertBatch>();
  const std::size_t entries = decoded_->entries.size();
  const std::size_t rejections = decoded_->rejections.size();
  decoder_.decode(alerts.kind, alerts.payload(), *decoded_);
  delivered_.emplace_back(std::move(record), pipeline::DecodedAlerts(decoded_, entries, rejections), size);
}

void OwnedShard::flush(bool at_end) {
  if (!recovered_) return;
  if (!delivered_.empty()) {
    options_.on_delivered(position_);
    if (decoded_ != nullptr) options_.on_read(decoded_->entries.size(), decoded_->rejections);
    decoded_.reset();
    core_->take(std::exchange(delivered_, {}));
  }
  core_->caught_up(at_end);
}

log::Position OwnedShard::halted_at() const {
  const std::lock_guard lock(mutex_);
  return core_ != nullptr ? core_->halted_at() : 0;
}

bool OwnedShard::stop() {
  if (!recovered_) {
    abandon(Duration{0});
    return true;
  }
  recovery_.join();
  flush(true);
  auto stopping = std::async(std::launch::async, [this] { return core_->stop(); });
  // Where nothing can be committed, the next process does it again.
  if (stopping.wait_for(kStopGrace) == std::future_status::timeout) giving_up_ = true;
  const bool finished = stopping.get();
  commits_->stop();
  if (finished) copier_->finish();
  return finished;
}

void OwnedShard::abandon(Duration grace) {
  // Recovery looks at it, and so does a transaction between two tries.
  if (!recovered_ || grace == Duration{0}) giving_up_ = true;
  if (recovery_.joinable()) recovery_.join();
  if (core_ == nullptr) return;
  core_->abandon();
  commits_->wait_idle(grace);
  giving_up_ = true;
  commits_->stop();
}

}  // namespace triaged::app

#include "daemon/app/kafka/shard_group.hpp"

#include <algorithm>
#include <future>
#include <utility>

#include <fmt/format.h>

#include "connectors/systemd/thread_name.hpp"

namespace triaged::app {
namespace {

constexpr Duration kPoll = std::chrono::milliseconds(20);
// What was delivered is handed over at the latest after so many records, so that the shard has work.
constexpr std::size_t kHandOver = 512;
// A shard that is full is waited for so long; then its partition pauses, and the others go on. That is dear: what was
// fetched ahead is thrown away, and it takes a second to come back (librdkafka 2.0.2).
constexpr Duration kFullPatience = std::chrono::seconds(2);
constexpr Duration kRevokeGrace = std::chrono::seconds(5);
constexpr Duration kTellLag = std::chrono::seconds(1);
constexpr Duration kPatience = std::chrono::seconds(30);

kafka::Error fatal(std::string message) {
  return {.kind = kafka::Error::Kind::fatal, .name = "_FAIL", .message = std::move(message)};
}

}  // namespace

std::expected<std::unique_ptr<ShardGroup>, StartError> ShardGroup::join(Options options) {
  std::unique_ptr<ShardGroup> group(new ShardGroup(std::move(options)));
  if (auto opened = group->open(); !opened) return std::unexpected(opened.error());
  return group;
}

std::expected<void, StartError> ShardGroup::open() {
  auto consumer = kafka::GroupConsumer::open(
      {.client = options_.client,
       .group = options_.group,
       .instance = options_.instance,
       .topics = {options_.topics.control(), options_.topics.source},
       .session_timeout = options_.session_timeout,
       .on_assigned =
           [this](const std::vector<kafka::Partition>& partitions,
                  const std::shared_ptr<const kafka::GroupMembership>& membership) {
             return assigned(partitions, membership);
           },
       .on_revoked = [this](const std::vector<kafka::Partition>&, bool lost) { revoked(lost); }});
  if (!consumer) return std::unexpected(to_start_error(consumer.error()));
  consumer_ = *std::move(consumer);
  thread_ = std::thread([this] { run(); });
  return {};
}

ShardGroup::~ShardGroup() { stop(); }

void ShardGroup::run() {
  systemd::name_thread("consumer");
  std::size_t delivered = 0;
  while (!stopping_) {
    auto step = consumer_->poll(delivered != 0 ? Duration{0} : kPoll);
    if (!step) {
      options_.on_failed(failure_ ? *failure_ : to_start_error(step.error()));
      return;
    }
    if (take(*std::move(step)) && ++delivered < kHandOver) continue;
    delivered = 0;
    hand_over();
    steer();
    tell_lag();
  }
}

/// Whether it was a record.
bool ShardGroup::take(kafka::GroupConsumer::Step step) {
  if (step.at_end && input_of(step.at_end->topic) == log::kAlertsInput) {
    const auto found = owned_.find(static_cast<std::uint32_t>(step.at_end->number));
    if (found != owned_.end()) found->second.at_end = true;
  }
  if (!step.record) return false;
  const auto found = owned_.find(static_cast<std::uint32_t>(step.record.partition()));
  if (found == owned_.end()) return true;
  const std::uint32_t input = input_of(step.record.topic());
  Owned& owned = found->second;
  if (input == log::kAlertsInput) owned.at_end = false;
  if (input == log::kAlertsInput && !owned.shard->has_bundle()) {
    owned.early.push_back(std::move(step.record));
    return true;
  }
  owned.shard->deliver(step.record, input);
  if (!owned.early.empty() && owned.shard->has_bundle()) {
    for (const kafka::IncomingRecord& alerts : owned.early) owned.shard->deliver(alerts, log::kAlertsInput);
    owned.early.clear();
  }
  return true;
}

void ShardGroup::hand_over() {
  for (auto& [number, owned] : owned_) {
    owned.shard->flush(owned.at_end);
    // Once: from then on its partition pauses, and the others need not wait for it.
    if (owned.shard->full() && !owned.paused.at(log::kAlertsInput)) owned.shard->wait_for_room(kFullPatience);
  }
}

// Which partitions are read: a shard that is not ready, full or halted takes no alerts for now.
void ShardGroup::steer() {
  for (auto& [number, owned] : owned_) {
    for (std::uint32_t input = 0; input < log::kInputs; ++input) {
      const bool pause = !owned.shard->takes(input);
      if (std::exchange(owned.paused.at(input), pause) == pause) continue;
      const std::vector<kafka::Partition> one{{topic_of(input), static_cast<std::int32_t>(number)}};
      if (pause) {
        consumer_->pause(one);
      } else {
        consumer_->resume(one);
      }
    }
  }
}

ShardGroup::Offsets ShardGroup::assigned(const std::vector<kafka::Partition>& partitions,
                                         const std::shared_ptr<const kafka::GroupMembership>& membership) {
  std::map<std::uint32_t, std::uint32_t> inputs;  // of each shard: how many came
  for (const kafka::Partition& partition : partitions) ++inputs[static_cast<std::uint32_t>(partition.number)];
  std::map<std::uint32_t, std::future<std::expected<std::unique_ptr<OwnedShard>, StartError>>> taking;
  for (const auto& [number, count] : inputs) {
    if (count != log::kInputs) return std::unexpected(fatal(fmt::format("shard {} came in part only", number)));
    taking.emplace(number, std::async(std::launch::async, [this, membership, shard = number] {
                     return OwnedShard::take_over(options_.shard(shard), membership);
                   }));
  }
  std::map<std::uint32_t, Owned> owned;
  for (auto& [number, future] : taking) {
    auto taken = future.get();
    if (!taken) {
      failure_ = std::move(taken.error());
      continue;
    }
    owned[number].shard = *std::move(taken);
  }
  if (failure_) return std::unexpected(fatal(failure_->message));
  // After the producers have fenced: nothing that could still change it is open (KIP-447).
  const auto committed = consumer_->committed(partitions, kPatience);
  if (!committed) return std::unexpected(committed.error());
  std::vector<std::int64_t> offsets;
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const OwnedShard& shard = *owned.at(static_cast<std::uint32_t>(partitions[i].number)).shard;
    const std::uint32_t input = input_of(partitions[i].topic);
    if (auto good = shard.check_group(input, (*committed)[i]); !good) {
      failure_ = std::move(good.error());
      return std::unexpected(fatal(failure_->message));
    }
    offsets.push_back(static_cast<std::int64_t>(shard.next().at(input)));
  }
  for (auto& [number, one] : owned) one.shard->start();
  {
    const std::lock_guard lock(mutex_);
    owned_ = std::move(owned);
  }
  tell_owned();
  return offsets;
}

void ShardGroup::revoked(bool lost) {
  std::map<std::uint32_t, Owned> gone;
  {
    const std::lock_guard lock(mutex_);
    gone = std::exchange(owned_, {});
  }
  tell_owned();
  std::vector<std::future<void>> ending;
  for (auto& [number, owned] : gone) {
    ending.push_back(std::async(std::launch::async,
                                [&shard = *owned.shard, lost] { shard.abandon(lost ? Duration{0} : kRevokeGrace); }));
  }
}

void ShardGroup::tell_owned() {
  std::vector<std::uint32_t> numbers;
  for (const auto& [number, owned] : owned_) numbers.push_back(number);
  options_.on_owned(numbers);
}

void ShardGroup::tell_lag() {
  if (lag_told_.elapsed() < kTellLag) return;
  lag_told_ = {};
  for (const auto& [number, owned] : owned_) {
    const auto lag = consumer_->lag({options_.topics.source, static_cast<std::int32_t>(number)});
    if (lag) options_.on_lag(number, *lag);
  }
}

std::optional<log::Position> ShardGroup::halted_at(std::uint32_t shard) const {
  const std::lock_guard lock(mutex_);
  const auto found = owned_.find(shard);
  if (found == owned_.end()) return std::nullopt;
  return found->second.shard->halted_at();
}

bool ShardGroup::stop() {
  stopping_ = true;
  if (!thread_.joinable()) return true;
  thread_.join();
  std::vector<std::future<bool>> ending;
  for (auto& [number, owned] : owned_) {
    ending.push_back(std::async(std::launch::async, [&shard = *owned.shard] { return shard.stop(); }));
  }
  bool all = true;
  for (auto& one : ending) all = one.get() && all;
  const std::lock_guard lock(mutex_);
  owned_.clear();
  return all;
}

}  // namespace triaged::app

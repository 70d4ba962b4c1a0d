#include "daemon/app/kafka/shard_group.hpp"

#include <algorithm>
#include <future>
#include <utility>

#include <fmt/format.h>

#include "connectors/systemd/thread_name.hpp"

namespace triaged::app {
namespace {

// A shard that could take no more, or that recovers, is looked at again so soon.
constexpr Duration kLookAgain = std::chrono::milliseconds(20);
constexpr Duration kRevokeGrace = std::chrono::seconds(5);
constexpr Duration kTellQueues = std::chrono::seconds(1);
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
  while (!stopping_) {
    auto more = step();
    if (!more) {
      options_.on_failed(failure_ ? *failure_ : to_start_error(more.error()));
      return;
    }
    tell_queues();
    if (!*more) consumer_->wait(kLookAgain);
  }
}

/// A little of each shard. Whether there is more already.
std::expected<bool, kafka::Error> ShardGroup::step() {
  if (auto polled = consumer_->poll(); !polled) return std::unexpected(polled.error());
  bool more = false;
  for (auto& [number, owned] : owned_) {
    for (std::uint32_t input = 0; input < log::kInputs; ++input) {
      if (!owned.shard->takes(input)) continue;
      const auto taken = consumer_->take({topic_of(input), static_cast<std::int32_t>(number)}, records_);
      if (!taken) return std::unexpected(taken.error());
      for (const kafka::IncomingRecord& record : records_) owned.shard->deliver(record, input);
      records_.clear();
      if (input == log::kAlertsInput && taken->any) owned.at_end = taken->at_end;
      more = more || taken->more;
    }
    owned.shard->flush(owned.at_end);
  }
  return more;
}

ShardGroup::Offsets ShardGroup::assigned(const std::vector<kafka::Partition>& partitions,
                                         const std::shared_ptr<const kafka::GroupMembership>& membership) {
  std::map<std::uint32_t, std::uint32_t> inputs;  // of each shard: how many came
  for (const kafka::Partition& partition : partitions) ++inputs[static_cast<std::uint32_t>(partition.number)];
  std::map<std::uint32_t, std::future<std::expected<std::unique_ptr<OwnedShard>, StartError>>> taking;
  for (const auto& [number, count] : inputs) {
    if (count != log::kInputs) {
      failure_ = StartError{
          .kind = StartError::Kind::configuration,
          .message = fmt::format(
              "{} and {} have not as many partitions any more: one of them has a partition {}. The number of shards is "
              "fixed when the topics are made; begin anew with another prefix of topics, or with a topic of alerts "
              "that has as many",
              options_.topics.source, options_.topics.control(), number),
          .diagnostics = {}};
      return std::unexpected(fatal(failure_->message));
    }
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

void ShardGroup::tell_queues() {
  if (queues_told_.elapsed() < kTellQueues) return;
  queues_told_ = {};
  for (const auto& [number, owned] : owned_) {
    const kafka::Partition alerts{options_.topics.source, static_cast<std::int32_t>(number)};
    const std::uint64_t fetched = consumer_->fetched(alerts);
    options_.on_queues(
        number,
        // Markers of transactions are no records: at the end there are none left, whatever the offsets say. The end
        // that was given is not the end where more came and nobody takes it, as of a shard that is stopped.
        {.lag = owned.at_end && fetched == 0 ? 0 : consumer_->lag(alerts),
         .fetched = fetched,
         .waiting_bytes = owned.shard->waiting_bytes(),
         .transaction_open = owned.shard->transaction_open()});
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

#include "connectors/log/kafka/topics.hpp"

#include <charconv>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "connectors/clock/clock.hpp"

namespace triaged::log {
namespace {

using kafka::Admin;
using Configuration = std::map<std::string, std::string, std::less<>>;

constexpr const char* kPolicy = "cleanup.policy";
constexpr const char* kKeptFor = "retention.ms";
constexpr const char* kKeptBytes = "retention.bytes";
constexpr const char* kWithoutEnd = "-1";
constexpr const char* kWeek = "604800000";

// How long a topic that was just made may take until every broker knows it.
constexpr int kLooksForSource = 10;
constexpr int kLooks = 100;
constexpr Duration kBetweenLooks = std::chrono::milliseconds(100);

struct Wanted {
  std::string name;
  Configuration configuration;
  bool checked_policy = false;  // another cleanup.policy would lose what is needed, or keep what is not
  bool checked_kept = false;    // so would an end of what it keeps
};

Wanted compacted(std::string name, bool checked) { return {std::move(name), {{kPolicy, "compact"}}, checked, false}; }

Wanted kept(std::string name, bool checked) {
  return {std::move(name), {{kPolicy, "delete"}, {kKeptFor, kWithoutEnd}, {kKeptBytes, kWithoutEnd}}, true, checked};
}

std::vector<Wanted> wanted(const KafkaTopics& topics) {
  std::vector<Wanted> all{compacted(topics.name(Topic::incidents), true),
                          compacted(topics.name(Topic::alerts), false),
                          compacted(topics.name(Topic::silences), false),
                          kept(topics.name(Topic::audit), false),
                          {topics.name(Topic::rejected), {{kPolicy, "delete"}, {kKeptFor, kWeek}}, false, false},
                          kept(topics.control(), true),
                          kept(topics.cuts(), true),
                          kept(topics.snapshots(), true)};
  for (Wanted& topic : all) topic.configuration["max.message.bytes"] = "8388608";
  return all;
}

std::unexpected<LogError> refused(std::string message) {
  return std::unexpected(LogError{LogError::Kind::refused, std::move(message)});
}

std::string value_of(const Configuration& configuration, std::string_view name) {
  const auto found = configuration.find(name);
  return found == configuration.end() ? std::string() : found->second;
}

/// Nothing: without end, or the broker does not say.
std::optional<std::uint64_t> bound_of(const Configuration& configuration, std::string_view name) {
  const std::string text = value_of(configuration, name);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string command_for(const Admin& admin, const Wanted& topic, std::uint32_t partitions, std::int32_t replication) {
  std::string line = fmt::format("kafka-topics.sh --bootstrap-server {} --create --topic {} --partitions {}",
                                 admin.brokers(), topic.name, partitions);
  if (replication > 0) line += fmt::format(" --replication-factor {}", replication);
  for (const auto& [name, value] : topic.configuration) line += fmt::format(" --config {}={}", name, value);
  return line;
}

/// What is wrong with a topic that is there, appended.
void check(const Wanted& topic, const Admin::Topic& found, const KafkaTopics& topics, std::uint32_t partitions,
           std::vector<std::string>& faults) {
  if (std::cmp_not_equal(found.partitions, partitions)) {
    faults.push_back(
        fmt::format("the topic {} has {} partitions, and {} has {}: the number of shards is fixed when the topics are "
                    "made; begin anew with another prefix of topics, or with a topic of alerts that has as many",
                    topic.name, found.partitions, topics.source, partitions));
  }
  const auto compare = [&](const char* name) {
    const std::string want = value_of(topic.configuration, name);
    const std::string have = value_of(found.configuration, name);
    if (have == want) return;
    faults.push_back(
        fmt::format("the topic {} has {}={}, and it has to be {}: kafka-configs.sh --alter --topic {} "
                    "--add-config {}={}",
                    topic.name, name, have, want, topic.name, name, want));
  };
  if (topic.checked_policy) compare(kPolicy);
  if (topic.checked_kept) compare(kKeptFor);
  if (topic.checked_kept) compare(kKeptBytes);
}

/// Waits until it is there for everyone.
std::expected<void, LogError> await(Admin& admin, const std::string& topic) {
  for (int look = 1;; ++look) {
    const auto found = admin.describe(topic);
    if (found && *found) return {};
    if (!found && found.error().kind != kafka::Error::Kind::retriable) {
      return std::unexpected(to_log_error(found.error()));
    }
    if (look == kLooks) {
      return std::unexpected(LogError{LogError::Kind::unavailable,
                                      fmt::format("the topic {} was made, and the brokers do not show it", topic)});
    }
    clock::pause(kBetweenLooks);
  }
}

std::expected<void, LogError> create(Admin& admin, const std::vector<Wanted>& missing, std::uint32_t partitions,
                                     std::int32_t replication, PreparedTopics& prepared) {
  std::vector<std::string> commands;
  std::string why;
  for (const Wanted& topic : missing) {
    const auto made = admin.create({.name = topic.name,
                                    .partitions = static_cast<std::int32_t>(partitions),
                                    .replication = replication,
                                    .configuration = topic.configuration});
    if (made) {
      prepared.created.push_back(topic.name);
      continue;
    }
    if (made.error().kind == kafka::Error::Kind::retriable) return std::unexpected(to_log_error(made.error()));
    if (why.empty()) why = made.error().message;
    commands.push_back(command_for(admin, topic, partitions, replication));
  }
  if (!commands.empty()) {
    return refused(fmt::format("{}\nTopics are missing that triaged can't make here. Somebody who may has to run:\n{}",
                               why, fmt::join(commands, "\n")));
  }
  for (const std::string& topic : prepared.created) {
    if (auto there = await(admin, topic); !there) return there;
  }
  return {};
}

std::expected<PreparedTopics, LogError> look_at_source(Admin& admin, const std::string& source) {
  auto found = admin.describe(source);
  // A broker learns of a topic a moment after whoever made it.
  for (int look = 1; found && !*found && look < kLooksForSource; ++look) {
    clock::pause(kBetweenLooks);
    found = admin.describe(source);
  }
  if (!found) return std::unexpected(to_log_error(found.error()));
  if (!*found) {
    return refused(
        fmt::format("the topic {}, which alerts are read from, does not exist. It has as many partitions as there "
                    "are to be shards, for good:\nkafka-topics.sh --bootstrap-server {} --create --topic {} "
                    "--partitions 1",
                    source, admin.brokers(), source));
  }
  const Configuration& configuration = (*found)->configuration;
  if (value_of(configuration, kPolicy).contains("compact")) {
    return refused(
        fmt::format("the topic {} has {}={}: compaction takes alerts away that are needed to run the log "
                    "again. kafka-configs.sh --alter --topic {} --add-config {}=delete",
                    source, kPolicy, value_of(configuration, kPolicy), source, kPolicy));
  }
  PreparedTopics prepared{.shards = static_cast<std::uint32_t>((*found)->partitions)};
  if (const auto kept_for = bound_of(configuration, kKeptFor)) prepared.source_kept = Duration(*kept_for);
  prepared.source_kept_bytes = bound_of(configuration, kKeptBytes);
  return prepared;
}

}  // namespace

std::string KafkaTopics::name(Topic topic) const {
  switch (topic) {
    case Topic::incidents: return prefix + "incidents";
    case Topic::alerts: return prefix + "alerts";
    case Topic::audit: return prefix + "audit";
    case Topic::silences: return prefix + "silences";
    case Topic::rejected: return prefix + "rejected";
  }
  return {};
}

std::expected<PreparedTopics, LogError> prepare_topics(Admin& admin, const KafkaTopics& topics,
                                                       std::int32_t replication) {
  auto prepared = look_at_source(admin, topics.source);
  if (!prepared) return prepared;
  std::vector<Wanted> missing;
  std::vector<std::string> faults;
  for (Wanted& topic : wanted(topics)) {
    if (topic.name == topics.source) {
      return refused(
          fmt::format("the topic {} can't be both what alerts are read from and what they are written to: "
                      "use another prefix of topics",
                      topic.name));
    }
    const auto found = admin.describe(topic.name);
    if (!found) return std::unexpected(to_log_error(found.error()));
    if (*found) {
      check(topic, **found, topics, prepared->shards, faults);
    } else {
      missing.push_back(std::move(topic));
    }
  }
  // Before anything is made: what is there may belong to somebody else.
  if (!faults.empty()) return refused(fmt::format("{}", fmt::join(faults, "\n")));
  if (auto made = create(admin, missing, prepared->shards, replication, *prepared); !made) {
    return std::unexpected(made.error());
  }
  return prepared;
}

}  // namespace triaged::log

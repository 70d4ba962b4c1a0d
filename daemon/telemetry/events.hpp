// What happens to the daemon: one struct an event, which gives the line in the log and what it counts.
//
// To add one: a struct with kLevel, line() and, where it has a metric, count(). The engine's totals are no events:
// they are set on Metrics.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/telemetry/line.hpp"
#include "daemon/telemetry/metrics.hpp"
#include "rules/model/time.hpp"

namespace triaged::telemetry {

// ---- the process

struct Started {
  static constexpr Level kLevel = Level::info;
  std::string version{};
  std::string listen{};  // the address in use
  std::string state_directory{};
  [[nodiscard]] Line line() const;
};

/// Ready for inputs: what recovery did.
struct Recovered {
  static constexpr Level kLevel = Level::info;
  std::uint32_t shard = 0;
  std::uint64_t snapshot_cut = 0;  // 0: none, from the first input
  std::uint64_t cut = 0;           // the last one
  std::uint64_t records = 0;       // that ran again
  Duration took{};
  [[nodiscard]] Line line() const;
};

struct Stopped {
  static constexpr Level kLevel = Level::info;
  std::string why{};
  Duration took{};
  [[nodiscard]] Line line() const;
};

/// The wall clock went its own way and log time did not follow.
struct ClockJumped {
  static constexpr Level kLevel = Level::warn;
  Duration difference{};  // wall minus log time
  [[nodiscard]] Line line() const;
};

/// Records wait, and nothing was committed for so long: the process ends.
struct Stuck {
  static constexpr Level kLevel = Level::error;
  Duration since{};
  [[nodiscard]] Line line() const;
};

// ---- configuration

/// Of a configuration that is taken all the same.
struct ConfigurationWarning {
  static constexpr Level kLevel = Level::warn;
  std::string place{};  // file:line:column
  std::string why{};
  [[nodiscard]] Line line() const;
};

struct ReloadAccepted {
  static constexpr Level kLevel = Level::info;
  std::string bundle{};  // its hash
  bool changed = true;
  [[nodiscard]] Line line() const;
  void count(Metrics& metrics, Time now) const;
};

/// A configuration that was taken has more than a reload takes.
struct ReloadIncomplete {
  static constexpr Level kLevel = Level::warn;
  std::string blocks{};  // "http, sources": what holds from the next start on
  [[nodiscard]] Line line() const;
};

struct ReloadRefused {
  static constexpr Level kLevel = Level::error;
  std::string why{};  // the first fault
  std::uint64_t faults = 0;
  [[nodiscard]] Line line() const;
  void count(Metrics& metrics, Time now) const;
};

// ---- sources

struct SourceOpened {
  static constexpr Level kLevel = Level::info;
  std::string source{};
  std::string file{};
  std::uint64_t offset = 0;
  [[nodiscard]] Line line() const;
  void count(Metrics& metrics, Time now) const;
};

struct SourceRotated {
  static constexpr Level kLevel = Level::info;
  std::string source{};
  std::string file{};
  [[nodiscard]] Line line() const;
};

/// It is read from its beginning again.
struct SourceTruncated {
  static constexpr Level kLevel = Level::warn;
  std::string source{};
  std::string file{};
  std::uint64_t offset = 0;  // up to which it had been read
  [[nodiscard]] Line line() const;
};

/// What stood in a file behind `offset` is gone, unread.
struct SourceLost {
  static constexpr Level kLevel = Level::error;
  std::string source{};
  std::string file{};
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;  // 0: not known
  [[nodiscard]] Line line() const;
  void count(Metrics& metrics, Time now) const;
};

struct SourceStalled {
  static constexpr Level kLevel = Level::warn;
  std::string source{};
  Duration silent_for{};
  [[nodiscard]] Line line() const;
  void count(Metrics& metrics, Time now) const;
};

struct SourceResumed {
  static constexpr Level kLevel = Level::info;
  std::string source{};
  [[nodiscard]] Line line() const;
  void count(Metrics& metrics, Time now) const;
};

struct SourceFailed {
  static constexpr Level kLevel = Level::error;
  std::string source{};
  std::string why{};
  [[nodiscard]] Line line() const;
  void count(Metrics& metrics, Time now) const;
};

/// Nothing more will come.
struct SourceEnded {
  static constexpr Level kLevel = Level::info;
  std::string source{};
  [[nodiscard]] Line line() const;
};

// ---- intake

struct AlertRejected {
  static constexpr Level kLevel = Level::warn;
  std::string source{};
  std::uint64_t line_number = 0;
  std::string code{};  // for the metric
  std::string why{};
  [[nodiscard]] Line line() const;
  void count(Metrics& metrics, Time now) const;
};

struct IntakeRefused {
  static constexpr Level kLevel = Level::warn;
  enum class Reason : std::uint8_t { log_failing, overload, stopping } reason{};
  std::string source{};
  [[nodiscard]] Line line() const;
  void count(Metrics& metrics, Time now) const;
};

// ---- the log

struct CommitFailed {
  static constexpr Level kLevel = Level::error;
  std::string why{};
  [[nodiscard]] Line line() const;
  void count(Metrics& metrics, Time now) const;
};

struct CommitRecovered {
  static constexpr Level kLevel = Level::info;
  Duration after{};
  [[nodiscard]] Line line() const;
};

/// What librdkafka has to say.
struct KafkaSaid {
  static constexpr Level kLevel = Level::warn;
  int level = 4;           // syslog(3)'s
  std::string facility{};  // librdkafka's
  std::string message{};
  [[nodiscard]] Line line() const;
};

struct TopicsCreated {
  static constexpr Level kLevel = Level::info;
  std::string topics{};
  [[nodiscard]] Line line() const;
};

/// The consumer group dealt shards out.
struct ShardsOwned {
  static constexpr Level kLevel = Level::info;
  std::string shards{};  // numbers; empty: none
  [[nodiscard]] Line line() const;
};

/// What recovery needs of the alerts' topic is near to being deleted.
struct RetentionClose {
  static constexpr Level kLevel = Level::warn;
  std::uint32_t shard = 0;
  std::string topic{};
  std::uint64_t percent = 0;  // of what is kept is needed
  std::uint64_t room = 0;     // records that may go before one goes that is needed
  [[nodiscard]] Line line() const;
};

struct SnapshotWritten {
  static constexpr Level kLevel = Level::info;
  std::uint64_t cut = 0;
  std::uint64_t bytes = 0;
  Duration took{};
  std::chrono::microseconds stall{};  // of the shard
  [[nodiscard]] Line line() const;
  void count(Metrics& metrics, Time now) const;
};

struct SnapshotFailed {
  static constexpr Level kLevel = Level::error;
  std::string why{};
  [[nodiscard]] Line line() const;
  void count(Metrics& metrics, Time now) const;
};

/// For good: an operator has to do something.
struct ShardStopped {
  static constexpr Level kLevel = Level::error;
  enum class Reason : std::uint8_t { poison, divergence, broken_log } reason{};
  std::uint64_t cut = 0;       // the last good one; of a divergence, the first that differs
  std::uint64_t position = 0;  // of the record, where it is one
  std::string what_to_do{};
  [[nodiscard]] Line line() const;
  void count(Metrics& metrics, Time now) const;
};

/// An operator did something.
struct ShardResumed {
  static constexpr Level kLevel = Level::info;
  [[nodiscard]] Line line() const;
  void count(Metrics& metrics, Time now) const;
};

/// What the API shows could not be gone on with, and is made from the log.
struct ReadModelBegun {
  static constexpr Level kLevel = Level::warn;
  std::string why{};
  [[nodiscard]] Line line() const;
  void count(Metrics& metrics, Time now) const;
};

struct RetentionPruned {
  static constexpr Level kLevel = Level::info;
  std::uint64_t records = 0;
  std::uint64_t through = 0;  // the last position that is gone
  [[nodiscard]] Line line() const;
  void count(Metrics& metrics, Time now) const;
};

// ---- what goes out

struct PublisherFailed {
  static constexpr Level kLevel = Level::error;
  std::string file{};
  std::string why{};
  [[nodiscard]] Line line() const;
  void count(Metrics& metrics, Time now) const;
};

struct PublisherRecovered {
  static constexpr Level kLevel = Level::info;
  std::string file{};
  [[nodiscard]] Line line() const;
};

/// A connection that was not taken.
struct ConnectionRefused {
  static constexpr Level kLevel = Level::warn;
  std::string reason{};
  std::string address{};
  [[nodiscard]] Line line() const;
};

struct HttpRequest {
  static constexpr Level kLevel = Level::debug;
  std::string id{};
  std::string method{};
  std::string route{};  // the resource's pattern: "/api/v1/incidents/{id}"
  std::string path{};
  std::uint32_t code = 0;
  std::uint64_t bytes = 0;  // of the answer's body
  std::chrono::microseconds took{};
  std::string user{};
  std::string address{};
  [[nodiscard]] Line line() const;
  void count(Metrics& metrics, Time now) const;
};

}  // namespace triaged::telemetry

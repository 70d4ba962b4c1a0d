// What the API asks of the rest of the daemon. Whoever composes the daemon implements these.
//
// Every function may be called from any thread that serves HTTP, at any time between the API's start and its end. A
// callback is called once, from any thread, maybe before the call returns; it does not block and throws nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.hpp"
#include "connectors/log/shard_log.hpp"
#include "connectors/wire/alert_batch.hpp"
#include "rules/model/bundle.hpp"
#include "rules/model/time.hpp"

namespace triaged::api {

/// Why something was not taken. Nothing of it was stored, and the client may try again later.
struct Refusal {
  std::string reason;  // a sentence for people: what is full or down
  Duration retry_after = std::chrono::seconds(1);
};

/// What became of one body of alerts. Without a refusal, what was accepted is durable.
struct AlertReceipt {
  std::optional<Refusal> refusal;
  std::uint64_t accepted = 0;
  std::vector<wire::Rejection> rejections;  // alerts that could not be used, in order; the others are accepted
};

class AlertIntake {
 public:
  virtual ~AlertIntake() = default;
  /// Names of the sources that take alerts by HTTP, in the order of the configuration.
  [[nodiscard]] virtual std::vector<std::string> http_sources() const = 0;
  /// `source` is one of http_sources(); `payload` is a body as it came, after decompression.
  virtual void submit(const std::string& source, std::string payload,
                      std::move_only_function<void(AlertReceipt)> done) = 0;
};

/// A command that is in the log. What it leads to is told by the record on the topic `audit`.
struct CommandReceipt {
  std::optional<Refusal> refusal;
  std::string conflict{};      // why it can't be done as things are, and is not in the log; to ask again is no use
  std::string id;              // of its record on the topic `audit`
  std::uint32_t shard = 0;     // that takes it
  log::Position position = 0;  // of its record; 0: that shard has not counted it yet
  Time log_time{};             // of its record
};

class CommandIntake {
 public:
  virtual ~CommandIntake() = default;
  /// `text`: one command as one line of JSON, checked by wire/command_decoder, with its key and its actor.
  virtual void submit(std::string text, std::move_only_function<void(CommandReceipt)> done) = 0;
};

/// Tells when the read model has caught up.
class ReadModelWaiter {
 public:
  virtual ~ReadModelWaiter() = default;
  /// `done(true)` once the read model has applied a cut of that shard whose clock is `clock` or later; `done(false)`
  /// after `at_most`.
  virtual void wait(std::uint32_t shard, Time clock, Duration at_most, std::move_only_function<void(bool)> done) = 0;
};

struct SourceStatus {
  std::string name;
  std::string kind;                        // http, file, stdin
  std::string where;                       // the file's path; else empty
  std::optional<Time> last_alert;          // when the last one came; absent: none since the start
  std::optional<std::uint64_t> lag_bytes;  // of a file that is followed: what was not read yet
  std::uint64_t received = 0;              // alerts since the start
  std::uint64_t rejected = 0;              // likewise
  bool stalled = false;
  std::string fault;  // why it gives nothing now; empty: none
};

/// A file that gets documents.
struct PublisherStatus {
  std::string file;
  std::uint64_t lag_batches = 0;  // whose documents it does not have yet
  std::string fault;              // why it gets nothing now; empty: none
};

/// A shard of the log, whoever owns it.
struct ShardStatus {
  std::uint32_t shard = 0;
  bool owned = false;             // by this process; if not, what follows is what its cuts say
  log::Position last_record = 0;  // that is known to be there
  log::Position last_taken = 0;   // by a cut
  std::uint64_t last_cut = 0;
  Time clock{};                        // of that cut; unset: there is none
  std::optional<std::uint64_t> lag{};  // records that no cut took yet; absent: not known
  std::string fault{};                 // why it does not go on; empty: it does
};

struct StatusReport {
  std::string version;
  Time now{};
  Time started_at{};
  std::vector<SourceStatus> sources;
  std::uint64_t active_alerts = 0;  // that fire, in an incident or not; after dedup
  std::vector<PublisherStatus> publishers;
  struct Log {
    std::string directory;
    log::Position last_record = 0;
    log::Position last_taken = 0;  // by a cut
    std::uint64_t last_cut = 0;
    Time clock{};
    std::uint64_t bytes = 0;  // of its files
    std::string fault;        // why nothing can be written now; empty: none
  } log;                      // of the one on this machine; without a directory: there is none
  std::vector<ShardStatus> shards;
  std::optional<Time> snapshot_at;     // of the newest that is good
  std::string bundle;                  // the hash of the one in effect
  std::string configuration;           // the file; empty: the built-in one
  bool reload_failed = false;          // the last one
  std::vector<std::string> not_ready;  // why; empty: ready
};

class StatusSource {
 public:
  virtual ~StatusSource() = default;
  [[nodiscard]] virtual StatusReport status() const = 0;
  /// The bundle in effect; never null once the daemon is ready.
  [[nodiscard]] virtual std::shared_ptr<const Bundle> bundle() const = 0;
};

class Readiness {
 public:
  virtual ~Readiness() = default;
  /// Why the daemon is not ready, a sentence each; empty: it is.
  [[nodiscard]] virtual std::vector<std::string> not_ready() const = 0;
};

struct ReloadResult {
  bool done = false;
  std::string bundle;               // the hash of what is in effect now
  config::Diagnostics diagnostics;  // errors where it failed; warnings too
  std::string reason;               // why it failed, where no diagnostic says it
};

class Reloader {
 public:
  virtual ~Reloader() = default;
  virtual void reload(std::move_only_function<void(ReloadResult)> done) = 0;
};

struct MetricsText {
  std::string content_type;
  std::string body;
};
/// Given the request's Accept header.
using RenderMetrics = std::function<MetricsText(std::string_view accept)>;

/// A key for a command whose client chose none; never twice the same.
using MakeKey = std::function<std::string()>;

}  // namespace triaged::api

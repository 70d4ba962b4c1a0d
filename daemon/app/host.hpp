// Where the shards run: over a log on this machine (local/), or over Kafka (kafka/). What stands around them, the API,
// the read model, reloads, is the same.
#pragma once

#include <expected>
#include <string>

#include "daemon/api/ports.hpp"
#include "daemon/app/daemon.hpp"
#include "daemon/pipeline/log_thread.hpp"
#include "daemon/pipeline/output_source.hpp"
#include "rules/model/time.hpp"

namespace triaged::app {

/// Made open: what the log holds is read, and nothing runs yet. Calls come from the thread that owns the daemon, in the
/// order in which they stand here, where nothing else is said. Who is made over it is ended before close().
class Host {
 public:
  Host() = default;
  virtual ~Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  /// What the read model is made of.
  virtual pipeline::OutputSource& outputs() = 0;
  /// The shards run.
  virtual std::expected<void, StartError> start() = 0;
  /// Thread-safe, as all that they refer to.
  virtual api::AlertIntake& alerts() = 0;
  virtual api::CommandIntake& commands() = 0;
  /// Rules, catalogue and settings as a record of the log, for every shard; waits until it is durable. Thread-safe.
  virtual pipeline::Written propose(std::string bundle) = 0;
  /// The hash of the last ones in the log, in force or not yet; empty: nobody knows. Thread-safe.
  [[nodiscard]] virtual std::string last_bundle() const = 0;
  virtual void set_max_future(Duration max_future) = 0;
  /// Alerts are taken.
  virtual std::expected<void, StartError> open_sources() = 0;
  /// Housekeeping, about once a second. `shown`: how far the read model is. An error: the process must end.
  virtual std::expected<void, StartError> tick(const readmodel::Progress& shown) = 0;

  /// Takes nothing more, and finishes what was taken. Whether all of it was done. May come at any time after the first.
  virtual bool finish() = 0;
  /// Ends what is left. Whether the log is closed as it should be.
  virtual bool close() = 0;
};

}  // namespace triaged::app

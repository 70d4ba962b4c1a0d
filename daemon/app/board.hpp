// What the daemon knows about itself: written by its parts, read by the API and the metrics.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "connectors/clock/clock.hpp"
#include "connectors/readmodel/read_model.hpp"
#include "daemon/api/ports.hpp"
#include "daemon/pipeline/core_thread.hpp"
#include "daemon/telemetry/telemetry.hpp"

namespace triaged::app {

/// Of a shard whose log is elsewhere: what it has not taken yet, and where that is.
struct ShardQueues {
  std::optional<std::uint64_t> lag{};  // records of its topic that it was not given; nothing: not known yet
  std::uint64_t fetched = 0;           // of those, the ones that are in this process
  std::uint64_t waiting_bytes = 0;     // that it was given and has not taken
  bool transaction_open = false;
};

/// Thread-safe.
class Board final : public api::StatusSource, public api::Readiness {
 public:
  Board(std::string version, std::string configuration, Time started_at, telemetry::Telemetry& telemetry);

  void add_source(std::string name, std::string kind, std::string where);
  void source_read(const std::string& name, std::uint64_t alerts, const std::vector<wire::Rejection>& rejections,
                   Time now);
  void source_fault(const std::string& name, std::string fault);
  void source_lag(const std::string& name, std::optional<std::uint64_t> bytes);

  void add_publisher(const std::string& file);
  void publisher_fault(const std::string& file, std::string fault);  // empty: none
  void publisher_lag(const std::string& file, std::uint64_t batches);

  /// The shards that this process owns; of others nothing is known any more.
  void owned(const std::vector<std::uint32_t>& shards);
  void view(std::uint32_t shard, pipeline::ShardView view, Time now);
  void durable(std::uint32_t shard, log::Position last);
  void queues(std::uint32_t shard, const ShardQueues& found);
  void log_directory(std::string directory);          // of a log on this machine
  void log_fault(std::string fault);                  // empty: none
  void brokers_fault(std::string fault);              // of a log that is elsewhere; likewise
  void halted(std::uint32_t shard, std::string why);  // empty: it goes on
  void read_model(std::string fault, const readmodel::Progress& progress);
  void snapshot(Time at);
  void log_bytes(std::uint64_t bytes);
  void reloaded(bool good);

  /// What bundle() is while no shard is owned.
  void fallback(std::shared_ptr<const Bundle> bundle);

  [[nodiscard]] api::StatusReport status() const override;
  [[nodiscard]] std::shared_ptr<const Bundle> bundle() const override;
  [[nodiscard]] std::vector<std::string> not_ready() const override;
  [[nodiscard]] std::uint64_t last_cut(std::uint32_t shard) const;
  /// The hash of the rules in force, where all shards that are owned have the same; else empty.
  [[nodiscard]] std::string bundle_in_force() const;
  /// In some shard records are there that no cut has taken for so long; 0: in none.
  [[nodiscard]] Duration stuck_for() const;

 private:
  [[nodiscard]] std::vector<std::string> reasons() const;
  api::PublisherStatus* publisher(const std::string& file);  // needs the lock
  struct Shard {
    pipeline::ShardView view{};
    log::Position last_record = 0;
    std::optional<std::uint64_t> lag{};
    std::string halted{};
    clock::Stopwatch moved{};  // since a cut took something, or since nothing waited

    /// For a cut; a shard that recovers waits for nothing yet.
    [[nodiscard]] bool waits() const {
      return last_record > view.cut.through || (view.bundle != nullptr && lag.value_or(0) != 0);
    }
  };
  void measure();
  void note_stalled(const pipeline::ShardView& view);

  telemetry::Telemetry& telemetry_;
  mutable std::mutex mutex_;
  api::StatusReport report_;
  std::map<std::string, std::size_t> places_;  // of sources in the report
  std::map<std::uint32_t, Shard> shards_;      // that are owned
  std::shared_ptr<const Bundle> fallback_;
  std::string brokers_fault_;
  std::string read_model_fault_;
  readmodel::Progress read_model_;
};

}  // namespace triaged::app

// One simulated life of a daemon: clients that send and send again, a log that fails, crashes at every step, and the
// real core, shard and recovery in between. Everything that happens is drawn from one seed.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "connectors/log/memory/memory_log.hpp"
#include "connectors/log/snapshot_file.hpp"
#include "daemon/pipeline/shard/core.hpp"
#include "tests/support/temporary_folder.hpp"

namespace triaged::simulation {

/// What a run did, added up for people.
struct Tally {
  std::uint64_t deliveries = 0;  // accepted
  std::uint64_t crashes = 0;
  std::uint64_t refused_writes = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t torn_snapshots = 0;
  std::uint64_t cuts = 0;
  std::uint64_t outputs = 0;
  Tally& operator+=(const Tally& other);
};

/// Not thread-safe.
class World {
 public:
  explicit World(std::uint64_t seed);

  /// Lives, comes to rest, and looks at what is left. The error says what was lost, doubled or different.
  std::optional<std::string> run();
  [[nodiscard]] const Tally& tally() const { return tally_; }

 private:
  /// Something that a client wants to have accepted, and sends until it is.
  struct Wish {
    log::Delivery delivery;
    bool accepted = false;
  };

  [[nodiscard]] std::uint64_t draw(std::uint64_t below) {
    return std::uniform_int_distribution<std::uint64_t>(0, below - 1)(random_);
  }
  void make_wishes();
  [[nodiscard]] std::string draw_alerts();
  [[nodiscard]] std::string draw_command(std::uint64_t number);
  [[nodiscard]] static std::string bundle(int version);

  void send();
  void write_log();
  void step(bool flush);
  void snapshot();
  std::optional<std::string> start(bool unclean);
  [[nodiscard]] bool may_crash();
  std::optional<std::string> crash();
  std::optional<std::string> settle();
  std::optional<std::string> check();

  std::mt19937_64 random_;
  test::TemporaryFolder folder_;
  log::SnapshotStore snapshots_;
  log::MemoryLog log_;
  std::vector<Wish> wishes_;
  std::set<std::string> label_sets_;  // of the alerts that were wished for

  // What a crash takes.
  std::optional<pipeline::Core> core_;
  std::vector<std::size_t> sent_;  // wishes that wait for the log
  std::shared_ptr<const log::Batch> in_flight_;
  bool commit_untold_ = false;  // the batch is committed, and the core does not know

  Time now_{Duration{1'750'000'000'000}};
  Time stamped_ = now_;  // the log time of what was written last
  Tally tally_;
};

}  // namespace triaged::simulation

// What the read model is given at a time, and how far it has come.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "connectors/log/shard_log.hpp"
#include "rules/model/time.hpp"

namespace triaged::readmodel {

/// Shards are numbered below this: a row has the number of an output and that of its shard in one integer.
inline constexpr std::uint32_t kMostShards = 1024;

/// What has been applied of one shard: every output up to that of this number.
struct ShardProgress {
  std::uint32_t shard = 0;
  std::uint64_t cut = 0;      // 0: nothing yet
  Time clock{};               // of that cut
  std::uint64_t outputs = 0;  // the number of its last one
  friend bool operator==(const ShardProgress&, const ShardProgress&) = default;
};

struct Progress {
  std::vector<ShardProgress> shards;  // ascending; a shard of which nothing is known is not there
  std::string resume;                 // where whoever gives portions goes on, in its own words

  [[nodiscard]] ShardProgress of(std::uint32_t shard) const {
    const auto at = std::ranges::lower_bound(shards, shard, {}, &ShardProgress::shard);
    return at != shards.end() && at->shard == shard
               ? *at
               : ShardProgress{.shard = shard, .cut = 0, .clock = {}, .outputs = 0};
  }
  void set(const ShardProgress& progress) {
    const auto at = std::ranges::lower_bound(shards, progress.shard, {}, &ShardProgress::shard);
    if (at != shards.end() && at->shard == progress.shard) {
      *at = progress;
    } else {
      shards.insert(at, progress);
    }
  }
  /// The latest clock of all; unset: nothing was applied.
  [[nodiscard]] Time newest() const {
    const auto at = std::ranges::max_element(shards, {}, &ShardProgress::clock);
    return at == shards.end() ? Time{} : at->clock;
  }
};

/// What is applied together.
struct Portion {
  std::vector<log::NumberedOutput> outputs;  // those of one document in order
  std::vector<ShardProgress> progress;       // of the shards of which this completes a cut
  std::string resume;                        // as Progress::resume, from now on
};

}  // namespace triaged::readmodel

// What must hold between the cuts of one log, whatever the engine made of its records.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "connectors/log/shard_log.hpp"

namespace triaged::log {

struct CutChain {
  std::uint64_t first = 0;  // number of the oldest cut that is kept; 0: there is none
  std::uint64_t last = 0;
  Time from{};  // their clocks
  Time to{};
};

/// Reads every cut up to `through`: numbers without gaps, each naming the hash of the one before, positions, clocks and
/// counts of outputs that never go back; and, with `outputs`, every block that is kept against its cut's hash and
/// count, as far as what was rejected is still among them. The error is a sentence that names the first cut at which
/// something is wrong.
[[nodiscard]] std::expected<CutChain, std::string> check_cuts(LogReader& log, std::uint64_t through, bool outputs);

}  // namespace triaged::log

// The outputs of one cut as one block of bytes, and the names of topics. Thread-safe: no state.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/log/shard_log.hpp"

namespace triaged::log {

/// "incidents", "alerts", "audit", "silences", "rejected".
[[nodiscard]] std::optional<Topic> topic_named(std::string_view name);

/// Compressed. What was rejected stands apart, since it may be let go before the others. Empty: there are none of them.
struct OutputBlocks {
  std::string others;
  std::string rejected;  // each with its place among all
};
[[nodiscard]] OutputBlocks encode_outputs(std::span<const Output> outputs);
/// In their order again. Nothing: damaged.
[[nodiscard]] std::optional<std::vector<Output>> decode_outputs(std::string_view others, std::string_view rejected);

/// Whether `kept` are `made`, or all of them but what was rejected, where that was let go.
[[nodiscard]] bool are_kept_of(std::span<const Output> kept, std::span<const Output> made);

}  // namespace triaged::log

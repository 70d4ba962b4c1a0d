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

/// Compressed.
[[nodiscard]] std::string encode_outputs(std::span<const Output> outputs);
/// Nothing: damaged.
[[nodiscard]] std::optional<std::vector<Output>> decode_outputs(std::string_view block);

}  // namespace triaged::log

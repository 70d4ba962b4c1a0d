// Cuts ↔ text, and what is hashed. Thread-safe: no state.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "connectors/log/shard_log.hpp"

namespace triaged::log {

/// One line, `name=value` separated by spaces, in the order of the struct's fields; without a newline. `cut=1` ends
/// with `clamped`; `cut=2` is a cut with `next`: `runs=INPUT:FIRST:LAST:COUNT,…`, with `:skipped` where one is,
/// `next=OFFSET,…` and `latest=NUMBER,…`.
[[nodiscard]] std::string encode(const Cut& cut);
/// Nothing: the text is no cut of this form.
[[nodiscard]] std::optional<Cut> decode_cut(std::string_view text);

/// SHA-256 of encode(cut): what the next cut names as `previous`.
[[nodiscard]] Hash hash_of(const Cut& cut);
/// SHA-256 over topic, key and value of each, in order, each with its length.
[[nodiscard]] Hash hash_of(std::span<const Output> outputs);

}  // namespace triaged::log

// How far a reader of the topics of outputs has come, as text.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/log/shard_log.hpp"

namespace triaged::log {

/// Topics that are read: all but `rejected`, which holds bytes of somebody else's.
inline constexpr std::array kReadTopics{Topic::incidents, Topic::alerts, Topic::audit, Topic::silences};

/// In the partition of one topic.
struct OutputPlace {
  std::int64_t next = 0;     // the offset where reading goes on
  std::uint64_t number = 0;  // of the last output that was read, as the shard counts; 0: none was
  friend bool operator==(const OutputPlace&, const OutputPlace&) = default;
};

/// By topic, as in kReadTopics, of one shard.
using ShardPlaces = std::array<OutputPlace, kReadTopics.size()>;

/// One line: `outputs=1 prefix=triaged. places=NEXT:NUMBER,…;…`, a shard behind the other.
[[nodiscard]] std::string encode_places(std::string_view prefix, const std::vector<ShardPlaces>& shards);
/// Nothing: the text is none of those of topics with this prefix.
[[nodiscard]] std::optional<std::vector<ShardPlaces>> decode_places(std::string_view text, std::string_view prefix);

}  // namespace triaged::log

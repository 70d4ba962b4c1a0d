// The cuts of one shard, from its partition of the topic of cuts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <vector>

#include "connectors/log/kafka/partition_cursor.hpp"
#include "connectors/log/shard_log.hpp"

namespace triaged::log {

/// One thread at a time. Calls block for at most the patience.
class CutReader {
 public:
  static std::expected<std::unique_ptr<CutReader>, LogError> open(kafka::ClientOptions client, std::string topic,
                                                                  std::int32_t partition, Duration patience);

  /// The last one that is committed. Waits until no transaction is open before what was there when it was called: one
  /// that is about to be committed may hide it. `unavailable` where that takes longer than the patience.
  std::expected<std::optional<Cut>, LogError> last();
  /// The group whose cut last() gave; empty: there is none.
  [[nodiscard]] const std::string& last_group() const { return last_group_; }
  /// Goes to the first cut of which `reached` holds, as it does of all behind it. Read on with next().
  std::expected<void, LogError> find(const std::function<bool(const Cut&)>& reached);
  /// The next one; nothing: that was the last. The first is the oldest that is kept.
  std::expected<std::optional<Cut>, LogError> next();

 private:
  struct At {
    std::int64_t offset = 0;
    Cut cut;
    std::string group;  // that committed it
  };
  CutReader(kafka::ClientOptions client, PartitionCursor cursor)
      : client_(std::move(client)), cursor_(std::move(cursor)) {}
  std::expected<std::int64_t, LogError> stable_end();
  std::expected<std::optional<At>, LogError> read(std::int64_t from);

  kafka::ClientOptions client_;
  PartitionCursor cursor_;
  std::int64_t at_ = -1;     // where next() goes on; -1: at the oldest
  std::optional<At> ahead_;  // what find() found
  std::string last_group_;
};

}  // namespace triaged::log

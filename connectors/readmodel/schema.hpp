// The tables of the read model, and how their values are packed. Only files of connectors/readmodel include this.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/readmodel/portion.hpp"
#include "connectors/sqlite/database.hpp"
#include "rules/model/incident.hpp"
#include "rules/model/time.hpp"

namespace triaged::readmodel {

/// Raised whenever a table, or what stands in one, changes: files of another version are built anew.
inline constexpr std::int64_t kSchemaVersion = 2;

[[nodiscard]] sqlite::Status create_schema(sqlite::Database& database);

/// One number an incident: that of its row.
[[nodiscard]] constexpr std::int64_t pack(const IncidentKey& key) {
  return static_cast<std::int64_t>((std::uint64_t{key.shard} << 40U) | key.number);
}

/// One number an output, over all shards; those of a shard are in order.
[[nodiscard]] constexpr std::int64_t pack(std::uint64_t output, std::uint32_t shard) {
  return static_cast<std::int64_t>(output * kMostShards + shard);
}

[[nodiscard]] constexpr std::int64_t pack(Time time) { return time.time_since_epoch().count(); }
[[nodiscard]] constexpr Time unpack_time(std::int64_t time) { return Time{Duration{time}}; }

/// By which lists of incidents are ordered, highest first: those that are not over by priority, the others behind.
[[nodiscard]] constexpr std::int64_t rank(IncidentState state, std::uint8_t priority) {
  switch (state) {
    case IncidentState::open:
    case IncidentState::acknowledged: return 8 - priority;
    case IncidentState::resolved: return 2;
    case IncidentState::closed:
    case IncidentState::merged: break;
  }
  return 1;
}
inline constexpr std::int64_t kRankOver = 1;      // closed or merged
inline constexpr std::int64_t kRankResolved = 2;  // all above are open or acknowledged

/// In `timeline.change`: a command, where revisions have their IncidentChange.
inline constexpr std::int64_t kCommandRow = 100;

[[nodiscard]] constexpr bool is_active(AlertState state) {
  return state == AlertState::firing || state == AlertState::flapping;
}

inline constexpr std::string_view kProgressQuery = "SELECT shard, cut, clock, outputs FROM progress ORDER BY shard";
/// Of a row of it.
[[nodiscard]] ShardProgress progress_of(const sqlite::Statement& row);

/// Prepares statements one after the other; the first fault is kept.
class Preparing {
 public:
  explicit Preparing(sqlite::Database& database) : database_(&database) {}
  sqlite::Statement operator()(std::string_view statement) {
    auto prepared = database_->prepare(statement);
    if (prepared) return *std::move(prepared);
    if (status_) status_ = std::unexpected(std::move(prepared.error()));
    return {};
  }
  [[nodiscard]] const sqlite::Status& status() const { return status_; }

 private:
  sqlite::Database* database_;
  sqlite::Status status_;
};

}  // namespace triaged::readmodel

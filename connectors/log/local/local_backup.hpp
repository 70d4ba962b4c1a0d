// A backup: one SQLite file, which is the log (its form, with every record that it kept) and, in tables of their own,
// the snapshots, when it was made and the SHA-256 of all of it. The read model is not in it: it is made again from the
// log.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "connectors/log/shard_log.hpp"
#include "connectors/log/snapshot_file.hpp"
#include "connectors/sqlite/database.hpp"
#include "rules/model/time.hpp"

namespace triaged::log {

/// A backup that is open for reading. Not thread-safe. Errors are sentences that name the file.
class LocalBackup {
 public:
  /// Copies the log of a state folder, whose daemon may run, and those of its snapshots that are whole. They are read
  /// before the log is, so none is ahead of it. `file` has all of it when this returns, or is what it was before.
  /// An earlier backup at `file` is replaced; anything else is refused. `made_at` stands in the backup.
  static std::expected<void, std::string> write(const std::string& directory, const std::string& file, Time made_at,
                                                const std::string& version);

  /// Checks what the file is, every page of it, and the SHA-256 of what it holds.
  static std::expected<LocalBackup, std::string> open(const std::string& file);

  [[nodiscard]] Time made_at() const { return made_at_; }
  [[nodiscard]] const std::string& version() const { return version_; }

  /// Writes the log and the snapshots into `directory`, which is there and has neither; durable when it returns.
  /// Where files were published to is left out: what stands in those is older or newer than this log.
  std::expected<void, std::string> unpack(const std::string& directory);

 private:
  LocalBackup(sqlite::Database database, std::string file) : database_(std::move(database)), file_(std::move(file)) {}

  sqlite::Database database_;
  std::string file_;
  Time made_at_{};
  std::string version_;
};

}  // namespace triaged::log

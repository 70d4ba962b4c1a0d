// What the API reads: SQLite of its own, fed by committed outputs. It holds nothing that the log does not, so it may be
// thrown away and built again; WAL with synchronous=NORMAL, so a machine that stops may take the last transactions with
// it, and progress() says where to go on.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "connectors/readmodel/portion.hpp"
#include "connectors/sqlite/database.hpp"
#include "rules/model/time.hpp"

namespace triaged::readmodel {

struct Applied {
  std::size_t documents = 0;   // but for those that had been applied before
  std::size_t unreadable = 0;  // that were passed over: none of ours
  std::string first_unreadable;
};

struct Pruned {
  std::size_t incidents = 0;
  std::size_t alerts = 0;
  std::size_t audits = 0;
  bool more = false;  // there is more to let go
};

/// The one writer. Not thread-safe.
class ReadModel {
 public:
  /// Creates what is missing. A file of another schema version is deleted, one that is no database any more is moved
  /// to FILE.corrupt; then, as for a new file, progress() is empty, and the owner applies the outputs again.
  static std::expected<ReadModel, sqlite::Error> open(const std::string& file);

  /// As open(), of one that can't be gone on with; whoever had it open has closed it. `why` stands in began_anew().
  /// `keep`: what was there is moved to FILE.corrupt, and not deleted.
  static std::expected<ReadModel, sqlite::Error> open_anew(const std::string& file, const std::string& why, bool keep);
  /// Reads every page, beside whoever has it open. The error is of kind `corrupt` where one is damaged.
  static sqlite::Status check(const std::string& file);

  ReadModel(ReadModel&& other) noexcept;
  ReadModel& operator=(ReadModel&& other) noexcept;
  ~ReadModel();

  /// Why open() began anew; empty: it did not, or there was no file.
  [[nodiscard]] const std::string& began_anew() const;
  [[nodiscard]] const Progress& progress() const;
  [[nodiscard]] const std::string& file() const;

  /// One transaction. Outputs that the progress of their shard tells of change nothing, nor does progress that goes
  /// back. After a fault nothing of it is there, and it can be tried again; after one of kind `corrupt` the model must
  /// be opened anew.
  std::expected<Applied, sqlite::Error> apply(const Portion& portion);

  /// Lets go what is over and was last heard of before `before`: incidents closed or merged, with their timelines;
  /// resolved and dropped alerts; expired silences; audit. At most about `at_most` rows of each in one transaction.
  std::expected<Pruned, sqlite::Error> prune(Time before, std::size_t at_most = 5'000);

 private:
  struct Parts;
  explicit ReadModel(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace triaged::readmodel

// The shard log in one SQLite file: DIRECTORY/log.db, in WAL mode, synchronous=FULL.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/log/shard_log.hpp"
#include "connectors/sqlite/database.hpp"

namespace triaged::log {

/// How the file is laid out; another number is another program's.
/// Form 1 kept what was rejected among the other outputs, and is made form 2 where it is opened for writing.
inline constexpr int kLocalLogForm = 2;

[[nodiscard]] LogError to_log_error(const sqlite::Error& error);
[[nodiscard]] std::string local_log_file(const std::string& directory);

/// Where a publisher of outputs goes on, in its own words.
struct PublisherMark {
  std::string name;
  std::uint64_t cut = 0;  // everything up to this cut is out
  std::string resume;
};

/// What is deleted, in one go. Records, cuts and outputs are kept from these on.
struct LocalPruning {
  Position records_before = 0;
  std::uint64_t cuts_before = 0;
  std::uint64_t rejected_before = 0;  // what cuts before this one rejected, where it is later than cuts_before
};

/// The one writer. Not thread-safe: it belongs to one thread.
class LocalLog final : public LogWriter {
 public:
  /// Makes the file where there is none. The directory is there already.
  static std::expected<std::unique_ptr<LocalLog>, LogError> open(const std::string& directory);

  std::expected<Position, LogError> write(std::span<const Delivery> deliveries, const Batch* batch) override;

  /// Where each source goes on.
  std::expected<std::map<std::string, std::string>, LogError> resumes();
  /// Whether the daemon that wrote last said good-bye.
  std::expected<bool, LogError> clean();
  std::expected<void, LogError> set_clean(bool clean);

  std::expected<void, LogError> save(const PublisherMark& mark);
  std::expected<std::vector<PublisherMark>, LogError> publishers();

  /// Deletes at most a few hundred records and cuts; true: there may be more.
  std::expected<bool, LogError> prune(const LocalPruning& pruning);
  /// Copies what the WAL holds into the file and empties it, as far as readers allow.
  std::expected<void, LogError> checkpoint();

 private:
  explicit LocalLog(sqlite::Database database) : database_(std::move(database)) {}
  std::expected<void, LogError> prepare();
  sqlite::Status insert(const Delivery& delivery);
  sqlite::Status insert(const Batch& batch);
  sqlite::Status try_room();

  sqlite::Database database_;
  sqlite::Statement insert_record_;
  sqlite::Statement insert_resume_;
  sqlite::Statement insert_cut_;
  sqlite::Statement insert_outputs_;
  sqlite::Statement insert_rejected_;
  Position last_ = 0;
};

/// Moves what the WAL holds into the file, beside the writer, which does not wait for it. Not thread-safe.
class LocalCheckpointer {
 public:
  static std::expected<std::unique_ptr<LocalCheckpointer>, LogError> open(const std::string& directory);
  /// The WAL is large enough to be worth it.
  [[nodiscard]] bool due() const;
  /// It grew although it was moved again and again: somebody has to stop the writer for it.
  [[nodiscard]] bool far_behind() const;
  void run();

 private:
  LocalCheckpointer(sqlite::Database database, std::string directory)
      : database_(std::move(database)), directory_(std::move(directory)) {}
  [[nodiscard]] std::uint64_t wal_bytes() const;
  sqlite::Database database_;
  std::string directory_;
  std::string moved_;  // SQLite's number of what was there when the last one ended
};

/// Reads while the writer writes. One thread at a time.
class LocalReader final : public LogReader {
 public:
  static std::expected<std::unique_ptr<LocalReader>, LogError> open(const std::string& directory);
  /// As open(), of a log that nobody writes: where it has no WAL, no file is made beside it.
  static std::expected<std::unique_ptr<LocalReader>, LogError> open_at_rest(const std::string& directory);
  /// Whether nothing of the log stands in a WAL.
  [[nodiscard]] static bool is_whole(const std::string& directory);

  std::expected<Position, LogError> first_record() override;
  std::expected<std::vector<Record>, LogError> records(Position after, std::size_t bytes) override;
  std::expected<std::optional<Cut>, LogError> last_cut() override;
  std::expected<std::vector<Cut>, LogError> cuts(std::uint64_t after, std::size_t count) override;
  std::expected<std::vector<Output>, LogError> outputs(std::uint64_t cut) override;
  std::expected<std::uint64_t, LogError> rejected_gone() override;
  std::expected<std::vector<Position>, LogError> skipped() override;

  /// Where log time stood last: of the last record, or of the last cut; nothing where there is no record.
  std::expected<std::optional<Time>, LogError> last_log_time();
  /// Reads every page. The error says what is wrong with the file.
  std::expected<void, LogError> quick_check();
  struct Kept {
    Position first = 0;
    Position last = 0;
    std::uint64_t bytes = 0;  // of all files of the log
  };
  std::expected<Kept, LogError> kept();
  /// The last cut that took nothing behind `position`; 0: none.
  std::expected<std::uint64_t, LogError> last_cut_through(Position position);
  /// The last record that is older than `time`, or that has to go so that the file needs at most `bytes` (0: it may be
  /// of any size); the later one. 0: none.
  std::expected<Position, LogError> last_before(Time time, std::uint64_t bytes);
  /// The last cut whose rejected documents are older than `time`, or have to go so that all need at most `bytes` (0:
  /// any number); the later one. 0: none.
  std::expected<std::uint64_t, LogError> last_rejected_before(Time time, std::uint64_t bytes);

 private:
  LocalReader(sqlite::Database database, std::string directory)
      : database_(std::move(database)), directory_(std::move(directory)) {}
  static std::expected<std::unique_ptr<LocalReader>, LogError> open(const std::string& directory,
                                                                    sqlite::Database::Mode mode);
  std::expected<void, LogError> prepare();
  std::expected<std::uint64_t, LogError> used_bytes();

  sqlite::Database database_;
  std::string directory_;
  sqlite::Statement first_;
  sqlite::Statement records_;
  sqlite::Statement last_cut_;
  sqlite::Statement cuts_;
  sqlite::Statement outputs_;
  sqlite::Statement skipped_;
};

}  // namespace triaged::log

// SQLite, with its resources owned and its errors as values. Nothing outside this folder includes sqlite3.h.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "rules/model/time.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace triaged::sqlite {

struct Error {
  enum class Kind : std::uint8_t {
    busy,       // another connection holds the lock, for longer than the busy timeout
    full,       // no room on the disk, or the size that the file may have is reached
    io,         // the disk failed to read or write
    readonly,   // the file or its folder can't be written
    corrupt,    // no database, or a broken one
    not_found,  // the file can't be opened
    other,      // constraints, statements that are wrong, …
  } kind = Kind::other;
  int code = 0;         // SQLite's extended result code
  std::string message;  // a sentence that names the file
};

using Status = std::expected<void, Error>;

/// A prepared statement; the caller keeps it, for as long as it is used and no longer than its database is open.
/// Not thread-safe. Indexes of parameters count from 1, those of columns from 0, as SQLite has it.
class Statement {
 public:
  Statement() = default;

  // What can't be bound is told by the next step() or run(). Texts and blobs are not copied: they live until then
  // (run(), or the step() that returns false), or until reset().
  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, std::string_view text);
  Statement& bind_blob(int index, std::string_view bytes);
  Statement& bind_null(int index);

  /// Whether there is a row. After the last one, or a fault, the statement is reset and can be bound anew.
  std::expected<bool, Error> step();
  /// For statements without rows; resets.
  Status run();
  /// Before the last row was seen. Ends the read transaction that an unfinished SELECT holds.
  void reset();

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string_view text(int column) const;  // until the next step() or reset(); empty: null
  [[nodiscard]] std::string_view blob(int column) const;  // likewise
  [[nodiscard]] bool is_null(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int fault_ = 0;  // of a bind
};

/// One connection. Not thread-safe: one thread at a time. Declare statements behind it, so that they go first.
class Database {
 public:
  /// `at_rest`: reads a file that nobody writes and that has no WAL, without locks and without a file beside it.
  enum class Mode : std::uint8_t { read_only, read_write, create, at_rest };

  static std::expected<Database, Error> open(const std::string& file, Mode mode = Mode::create);

  /// One or more statements without parameters; rows are dropped.
  Status exec(const std::string& statements);
  std::expected<Statement, Error> prepare(std::string_view statement);
  /// `PRAGMA text`: the first value of its answer, empty where there is none. A setter answers what holds now.
  std::expected<std::string, Error> pragma(std::string_view text);
  /// How long to wait for another connection's lock.
  void set_busy_timeout(Duration timeout);

  [[nodiscard]] std::int64_t last_row_id() const;
  /// Rows that the last INSERT, UPDATE or DELETE touched.
  [[nodiscard]] std::int64_t changes() const;
  [[nodiscard]] bool in_transaction() const;

 private:
  friend class Transaction;
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit Database(sqlite3* database) : database_(database) {}
  std::unique_ptr<sqlite3, Close> database_;
};

/// Rolls back where it is not committed. No longer than its database.
class Transaction {
 public:
  /// `read`: a snapshot from the first statement on; `write`: takes the write lock at once.
  enum class Kind : std::uint8_t { read, write };
  static std::expected<Transaction, Error> begin(Database& database, Kind kind);

  Transaction(Transaction&& other) noexcept;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction() { rollback(); }

  /// After a fault it is rolled back: nothing of it is left.
  Status commit();
  void rollback();

 private:
  explicit Transaction(sqlite3* database) : database_(database) {}
  sqlite3* database_;  // null: over
};

}  // namespace triaged::sqlite

#include "connectors/sqlite/database.hpp"

#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

namespace triaged::sqlite {
namespace {

Error::Kind kind_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Error::Kind::busy;
    case SQLITE_FULL: return Error::Kind::full;
    case SQLITE_IOERR: return Error::Kind::io;
    case SQLITE_READONLY:
    case SQLITE_PERM: return Error::Kind::readonly;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Error::Kind::corrupt;
    case SQLITE_CANTOPEN: return Error::Kind::not_found;
    default: return Error::Kind::other;
  }
}

/// `said`: SQLite's words, where they are about this fault.
Error make_error(int code, std::string_view file, std::string_view said) {
  std::string_view words = sqlite3_errstr(code);
  if (!said.empty() && said != "not an error") words = said;
  return {kind_of(code), code, fmt::format("{}: {}", file.empty() ? "a database in memory" : file, words)};
}

Error error_of(sqlite3* database, int code) {
  const char* file = sqlite3_db_filename(database, "main");
  const bool about_this = (sqlite3_errcode(database) & 0xFF) == (code & 0xFF);
  return make_error(code, file == nullptr ? "" : file, about_this ? sqlite3_errmsg(database) : "");
}

Status exec(sqlite3* database, const char* statements) {
  const int code = sqlite3_exec(database, statements, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error_of(database, code));
  return {};
}

/// An empty view may have no address, which SQLite would take for null.
const char* data_of(std::string_view text) { return text.data() == nullptr ? "" : text.data(); }

/// As a URI that says that the file does not change.
std::string at_rest(const std::string& file) {
  std::string uri = "file:";
  for (const char byte : file) {
    if (byte == '%' || byte == '?' || byte == '#') {
      uri += fmt::format("%{:02x}", static_cast<unsigned char>(byte));
    } else {
      uri += byte;
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement& Statement::bind(int index, std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_.get(), index, value);
  if (fault_ == SQLITE_OK) fault_ = code;
  return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
  const int code = sqlite3_bind_text64(statement_.get(), index, data_of(text), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (fault_ == SQLITE_OK) fault_ = code;
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
  const int code = sqlite3_bind_blob64(statement_.get(), index, data_of(bytes), bytes.size(), SQLITE_STATIC);
  if (fault_ == SQLITE_OK) fault_ = code;
  return *this;
}

Statement& Statement::bind_null(int index) {
  const int code = sqlite3_bind_null(statement_.get(), index);
  if (fault_ == SQLITE_OK) fault_ = code;
  return *this;
}

std::expected<bool, Error> Statement::step() {
  int code = std::exchange(fault_, SQLITE_OK);
  if (code == SQLITE_OK) code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_.get());
    return false;
  }
  auto error = error_of(sqlite3_db_handle(statement_.get()), code);
  sqlite3_reset(statement_.get());
  return std::unexpected(std::move(error));
}

Status Statement::run() {
  const auto row = step();
  if (!row) return std::unexpected(row.error());
  if (*row) sqlite3_reset(statement_.get());
  return {};
}

void Statement::reset() {
  fault_ = SQLITE_OK;
  sqlite3_reset(statement_.get());
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string_view Statement::text(int column) const {
  // The pointer first: asking for the size before it may convert the value, and move it.
  const auto* data = sqlite3_column_text(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return data == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(data), size);
}

std::string_view Statement::blob(int column) const {
  const auto* data = sqlite3_column_blob(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return data == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(data), size);
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

std::expected<Database, Error> Database::open(const std::string& file, Mode mode) {
  // Nobody asks how much memory SQLite has, and counting it takes a lock for each piece.
  [[maybe_unused]] static const int kUncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (mode == Mode::read_only) flags |= SQLITE_OPEN_READONLY;
  if (mode == Mode::read_write) flags |= SQLITE_OPEN_READWRITE;
  if (mode == Mode::create) flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (mode == Mode::at_rest) flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
  sqlite3* opened = nullptr;
  const std::string name = mode == Mode::at_rest ? at_rest(file) : file;
  const int code = sqlite3_open_v2(name.c_str(), &opened, flags, nullptr);
  Database database(opened);  // also after a fault: what was opened is closed
  if (code != SQLITE_OK) return std::unexpected(make_error(code, file, ""));
  return database;
}

Status Database::exec(const std::string& statements) { return sqlite::exec(database_.get(), statements.c_str()); }

std::expected<Statement, Error> Database::prepare(std::string_view statement) {
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), statement.data(), static_cast<int>(statement.size()),
                                      SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error_of(database_.get(), code));
  return Statement(prepared);
}

std::expected<std::string, Error> Database::pragma(std::string_view text) {
  auto statement = prepare(fmt::format("PRAGMA {}", text));
  if (!statement) return std::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  return *row ? std::string(statement->text(0)) : std::string();
}

void Database::set_busy_timeout(Duration timeout) {
  sqlite3_busy_timeout(database_.get(), static_cast<int>(timeout.count()));
}

std::int64_t Database::last_row_id() const { return sqlite3_last_insert_rowid(database_.get()); }
std::int64_t Database::changes() const { return sqlite3_changes64(database_.get()); }
bool Database::in_transaction() const { return sqlite3_get_autocommit(database_.get()) == 0; }

std::expected<Transaction, Error> Transaction::begin(Database& database, Kind kind) {
  auto* handle = database.database_.get();
  const auto begun = exec(handle, kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN");
  if (!begun) return std::unexpected(begun.error());
  return Transaction(handle);
}

Transaction::Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}

Status Transaction::commit() {
  auto committed = exec(database_, "COMMIT");
  if (!committed) {
    rollback();
    return committed;
  }
  database_ = nullptr;
  return {};
}

void Transaction::rollback() {
  auto* handle = std::exchange(database_, nullptr);
  // Some faults (a full disk) have rolled it back already.
  if (handle != nullptr && sqlite3_get_autocommit(handle) == 0) {
    sqlite3_exec(handle, "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

}  // namespace triaged::sqlite

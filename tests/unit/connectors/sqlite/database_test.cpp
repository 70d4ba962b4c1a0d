#include "connectors/sqlite/database.hpp"

#include <fstream>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "tests/support/temporary_folder.hpp"

using namespace std::string_view_literals;
using triaged::sqlite::Database;
using triaged::sqlite::Error;
using triaged::sqlite::Transaction;
using triaged::test::TemporaryFolder;

namespace {

Database open(const std::string& file) {
  auto database = Database::open(file);
  REQUIRE(database.has_value());
  return std::move(*database);
}

std::int64_t count(Database& database) {
  auto statement = database.prepare("SELECT count(*) FROM t");
  REQUIRE(statement.has_value());
  REQUIRE(statement->step().value());
  return statement->integer(0);
}

}  // namespace

TEST_CASE("sqlite: what is bound comes back, NUL bytes and empty texts too") {
  const TemporaryFolder folder;
  auto database = open(folder.file("a.db"));
  REQUIRE(database.exec("CREATE TABLE t(n, s, b, z); CREATE INDEX i ON t(n)"));
  auto insert = database.prepare("INSERT INTO t VALUES(?, ?, ?, ?)");
  REQUIRE(insert.has_value());
  const std::int64_t large = INT64_MIN;
  REQUIRE(insert->bind(1, large).bind(2, ""sv).bind_blob(3, "a\0b"sv).bind_null(4).run());
  CHECK(database.changes() == 1);
  CHECK(database.last_row_id() == 1);
  REQUIRE(insert->bind(1, 7).bind(2, "é"sv).bind_blob(3, std::string_view()).bind_null(4).run());

  auto select = database.prepare("SELECT * FROM t ORDER BY rowid");
  REQUIRE(select.has_value());
  REQUIRE(select->step().value());
  CHECK(select->integer(0) == large);
  CHECK_FALSE(select->is_null(1));
  CHECK(select->text(1).empty());
  CHECK(select->blob(2) == "a\0b"sv);
  CHECK(select->is_null(3));
  REQUIRE(select->step().value());
  CHECK(select->text(1) == "é");
  CHECK_FALSE(select->is_null(2));
  CHECK_FALSE(select->step().value());
  CHECK(select->step().value());  // it begins again
}

TEST_CASE("sqlite: a transaction that is not committed leaves nothing") {
  const TemporaryFolder folder;
  auto database = open(folder.file("a.db"));
  REQUIRE(database.exec("CREATE TABLE t(n)"));
  {
    auto transaction = Transaction::begin(database, Transaction::Kind::write);
    REQUIRE(transaction.has_value());
    REQUIRE(database.exec("INSERT INTO t VALUES(1)"));
    CHECK(database.in_transaction());
  }
  CHECK_FALSE(database.in_transaction());
  CHECK(count(database) == 0);
  auto transaction = Transaction::begin(database, Transaction::Kind::write);
  REQUIRE(transaction.has_value());
  REQUIRE(database.exec("INSERT INTO t VALUES(1)"));
  REQUIRE(transaction->commit());
  CHECK(count(database) == 1);
}

TEST_CASE("sqlite: faults are told apart and name the file") {
  const TemporaryFolder folder;
  const auto file = folder.file("a.db");
  auto database = open(file);
  REQUIRE(database.exec("CREATE TABLE t(n UNIQUE); INSERT INTO t VALUES(1)"));

  SECTION("what is wrong with a statement") {
    const auto statement = database.prepare("SELECT missing FROM t");
    REQUIRE_FALSE(statement.has_value());
    CHECK(statement.error().kind == Error::Kind::other);
    CHECK(statement.error().message == file + ": no such column: missing");
  }
  SECTION("a constraint, from run(); the statement can be used again") {
    auto insert = database.prepare("INSERT INTO t VALUES(?)");
    REQUIRE(insert.has_value());
    const auto done = insert->bind(1, 1).run();
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().kind == Error::Kind::other);
    CHECK(done.error().message == file + ": UNIQUE constraint failed: t.n");
    CHECK(insert->bind(1, 2).run());
  }
  SECTION("a parameter that the statement lacks") {
    auto insert = database.prepare("INSERT INTO t VALUES(?)");
    REQUIRE(insert.has_value());
    CHECK_FALSE(insert->bind(2, 1).run().has_value());
    CHECK(insert->bind(1, 2).run().has_value());
  }
  SECTION("another writer") {
    auto other = open(file);
    const auto held = Transaction::begin(other, Transaction::Kind::write);
    const auto refused = Transaction::begin(database, Transaction::Kind::write);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().kind == Error::Kind::busy);
  }
  SECTION("no room") {
    REQUIRE(database.pragma("max_page_count=4").value() == "4");
    const auto done = database.exec("CREATE TABLE big(b); INSERT INTO big VALUES(zeroblob(100000))");
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().kind == Error::Kind::full);
    CHECK(done.error().message == file + ": database or disk is full");
  }
  SECTION("read only") {
    auto reader = Database::open(file, Database::Mode::read_only);
    REQUIRE(reader.has_value());
    const auto done = reader->exec("INSERT INTO t VALUES(2)");
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().kind == Error::Kind::readonly);
  }
  SECTION("no such file") {
    const auto missing = folder.file("missing.db");
    const auto opened = Database::open(missing, Database::Mode::read_write);
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().kind == Error::Kind::not_found);
    CHECK(opened.error().message == missing + ": unable to open database file");
  }
  SECTION("no database") {
    const auto text = folder.file("text");
    std::ofstream(text) << std::string(4096, 'x');
    auto opened = open(text);
    const auto done = opened.exec("SELECT * FROM sqlite_schema");
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().kind == Error::Kind::corrupt);
  }
}

TEST_CASE("sqlite: a reader's snapshot does not see later commits") {
  const TemporaryFolder folder;
  auto writer = open(folder.file("a.db"));
  REQUIRE(writer.pragma("journal_mode=wal").value() == "wal");
  REQUIRE(writer.exec("CREATE TABLE t(n)"));
  auto reader = Database::open(folder.file("a.db"), Database::Mode::read_only);
  REQUIRE(reader.has_value());
  {
    const auto snapshot = Transaction::begin(*reader, Transaction::Kind::read);
    CHECK(count(*reader) == 0);
    REQUIRE(writer.exec("INSERT INTO t VALUES(1)"));
    CHECK(count(*reader) == 0);
  }
  CHECK(count(*reader) == 1);
}

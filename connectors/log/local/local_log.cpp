#include "connectors/log/local/local_log.hpp"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "connectors/log/compression.hpp"
#include "connectors/log/cut_codec.hpp"
#include "connectors/log/output_block.hpp"
#include "rules/model/check.hpp"

namespace triaged::log {
namespace {

using sqlite::Database;
using sqlite::Statement;
using sqlite::Status;

constexpr Duration kBusy = std::chrono::seconds(5);
constexpr std::int64_t kPrunedAtOnce = 500;
constexpr std::size_t kRoom = std::size_t{256} << 10U;  // that much must be free before a full disk is well again

constexpr const char* kTables = R"(
create table if not exists meta (name text primary key, value text not null) without rowid;
create table if not exists journal (
  position integer primary key, log_time integer not null, kind integer not null, source text not null,
  skips integer not null, size integer not null, payload blob not null);
create index if not exists journal_skips on journal (skips) where skips != 0;
create table if not exists resumes (source text primary key, resume text not null) without rowid;
create table if not exists cuts (number integer primary key, through integer not null, body text not null);
create index if not exists cuts_through on cuts (through);
create table if not exists outputs (cut integer primary key, block blob not null);
create table if not exists rejected (
  cut integer primary key, at integer not null, size integer not null, block blob not null);
create table if not exists publishers (name text primary key, cut integer not null, resume text not null) without rowid;
)";

std::unexpected<LogError> failed(const sqlite::Error& error) { return std::unexpected(to_log_error(error)); }

}  // namespace

LogError to_log_error(const sqlite::Error& error) {
  using From = sqlite::Error::Kind;
  using To = LogError::Kind;
  switch (error.kind) {
    case From::full: return {To::full, error.message};
    case From::busy:
    case From::io:
    case From::readonly: return {To::unavailable, error.message};
    case From::corrupt:
    case From::not_found:
    case From::other: return {To::broken, error.message};
  }
  return {To::broken, error.message};
}

std::string local_log_file(const std::string& directory) { return directory + "/log.db"; }

std::expected<std::unique_ptr<LocalLog>, LogError> LocalLog::open(const std::string& directory) {
  auto database = Database::open(local_log_file(directory));
  if (!database) return failed(database.error());
  std::unique_ptr<LocalLog> log(new LocalLog(*std::move(database)));
  if (auto good = log->prepare(); !good) return std::unexpected(good.error());
  return log;
}

std::expected<void, LogError> LocalLog::prepare() {
  database_.set_busy_timeout(kBusy);
  // A page holds a small commit; larger ones would be written whole for it.
  for (const char* pragma : {"page_size=8192", "auto_vacuum=incremental", "journal_mode=wal", "synchronous=full",
                             "wal_autocheckpoint=0", "journal_size_limit=67108864"}) {
    if (auto done = database_.pragma(pragma); !done) return failed(done.error());
  }
  const auto form = database_.pragma("user_version");
  if (!form) return failed(form.error());
  if (*form == "0" || *form == "1") {
    if (auto done =
            database_.exec(fmt::format("begin immediate;{}pragma user_version={};commit", kTables, kLocalLogForm));
        !done) {
      return failed(done.error());
    }
  } else if (*form != std::to_string(kLocalLogForm)) {
    return std::unexpected(LogError{
        LogError::Kind::broken, fmt::format("this log has form {}; this triaged reads form {}", *form, kLocalLogForm)});
  }
  const auto prepare = [&](Statement& into, std::string_view text) -> Status {
    auto statement = database_.prepare(text);
    if (!statement) return std::unexpected(statement.error());
    into = *std::move(statement);
    return {};
  };
  for (const auto& [into, text] :
       {std::pair{&insert_record_, "insert into journal values (?, ?, ?, ?, ?, ?, ?)"},
        std::pair{&insert_resume_,
                  "insert into resumes values (?, ?) on conflict (source) do update set resume = "
                  "excluded.resume"},
        std::pair{&insert_cut_, "insert into cuts values (?, ?, ?)"},
        std::pair{&insert_outputs_, "insert into outputs values (?, ?)"},
        std::pair{&insert_rejected_, "insert into rejected values (?, ?, ?, ?)"}}) {
    if (auto done = prepare(*into, text); !done) return failed(done.error());
  }
  // Records are deleted from the front only, and never the last one.
  Statement last;
  if (auto done = prepare(last, "select coalesce(max(position), 0) from journal"); !done) return failed(done.error());
  const auto row = last.step();
  if (!row) return failed(row.error());
  last_ = static_cast<Position>(last.integer(0));
  return {};
}

Status LocalLog::insert(const Delivery& delivery) {
  const std::string payload = compress(delivery.payload);
  insert_record_.bind(1, static_cast<std::int64_t>(last_ + 1))
      .bind(2, delivery.log_time.time_since_epoch().count())
      .bind(3, static_cast<std::int64_t>(delivery.kind))
      .bind(4, delivery.source)
      .bind(5, static_cast<std::int64_t>(delivery.skips))
      .bind(6, static_cast<std::int64_t>(payload.size()))
      .bind_blob(7, payload);
  if (auto done = insert_record_.run(); !done) return done;
  ++last_;
  return {};
}

Status LocalLog::insert(const Batch& batch) {
  const std::string body = encode(batch.cut);
  insert_cut_.bind(1, static_cast<std::int64_t>(batch.cut.number))
      .bind(2, static_cast<std::int64_t>(batch.cut.through))
      .bind(3, body);
  if (auto done = insert_cut_.run(); !done || batch.outputs.empty()) return done;
  const OutputBlocks blocks = encode_outputs(batch.outputs);
  const auto number = static_cast<std::int64_t>(batch.cut.number);
  if (!blocks.others.empty()) {
    if (auto done = insert_outputs_.bind(1, number).bind_blob(2, blocks.others).run(); !done) return done;
  }
  if (blocks.rejected.empty()) return {};
  return insert_rejected_.bind(1, number)
      .bind(2, batch.cut.clock.time_since_epoch().count())
      .bind(3, static_cast<std::int64_t>(blocks.rejected.size()))
      .bind_blob(4, blocks.rejected)
      .run();
}

// A transaction that changes nothing succeeds on any disk, and one page may find room where a delivery does not.
Status LocalLog::try_room() {
  // What stands there already would not be written.
  auto upsert = database_.prepare(
      "insert into meta values ('room', ?1) on conflict (name) do update set value = iif(value = ?1, ?2, ?1)");
  if (!upsert) return std::unexpected(upsert.error());
  const std::string one(kRoom, 'a');
  const std::string other(kRoom, 'b');
  upsert->bind(1, one).bind(2, other);
  return upsert->run();
}

std::expected<Position, LogError> LocalLog::write(std::span<const Delivery> deliveries, const Batch* batch) {
  const Position before = last_;
  const auto fail = [&](const sqlite::Error& error) {
    last_ = before;
    return failed(error);
  };
  auto transaction = sqlite::Transaction::begin(database_, sqlite::Transaction::Kind::write);
  if (!transaction) return fail(transaction.error());
  std::map<std::string_view, std::string_view> resumes;
  for (const Delivery& delivery : deliveries) {
    if (auto done = insert(delivery); !done) return fail(done.error());
    if (!delivery.resume.empty()) resumes[delivery.source] = delivery.resume;
  }
  for (const auto& [source, resume] : resumes) {
    insert_resume_.bind(1, source).bind(2, resume);
    if (auto done = insert_resume_.run(); !done) return fail(done.error());
  }
  if (batch != nullptr) {
    if (auto done = insert(*batch); !done) return fail(done.error());
  }
  if (deliveries.empty() && batch == nullptr) {
    if (auto done = try_room(); !done) return fail(done.error());
  }
  if (auto done = transaction->commit(); !done) return fail(done.error());
  return before + 1;
}

std::expected<std::map<std::string, std::string>, LogError> LocalLog::resumes() {
  auto select = database_.prepare("select source, resume from resumes");
  if (!select) return failed(select.error());
  std::map<std::string, std::string> found;
  for (;;) {
    const auto row = select->step();
    if (!row) return failed(row.error());
    if (!*row) return found;
    found.emplace(select->text(0), select->text(1));
  }
}

std::expected<bool, LogError> LocalLog::clean() {
  auto select = database_.prepare("select value from meta where name = 'clean'");
  if (!select) return failed(select.error());
  const auto row = select->step();
  if (!row) return failed(row.error());
  return !*row || select->text(0) == "1";
}

std::expected<void, LogError> LocalLog::set_clean(bool clean) {
  auto done =
      database_.exec(fmt::format("insert into meta values ('clean', '{}') on conflict (name) do update set value "
                                 "= excluded.value",
                                 clean ? 1 : 0));
  if (!done) return failed(done.error());
  return {};
}

std::expected<void, LogError> LocalLog::save(const PublisherMark& mark) {
  auto insert = database_.prepare(
      "insert into publishers values (?, ?, ?) on conflict (name) do update set cut = excluded.cut, resume = "
      "excluded.resume");
  if (!insert) return failed(insert.error());
  insert->bind(1, mark.name).bind(2, static_cast<std::int64_t>(mark.cut)).bind(3, mark.resume);
  if (auto done = insert->run(); !done) return failed(done.error());
  return {};
}

std::expected<std::vector<PublisherMark>, LogError> LocalLog::publishers() {
  auto select = database_.prepare("select name, cut, resume from publishers");
  if (!select) return failed(select.error());
  std::vector<PublisherMark> found;
  for (;;) {
    const auto row = select->step();
    if (!row) return failed(row.error());
    if (!*row) return found;
    found.push_back(
        {std::string(select->text(0)), static_cast<std::uint64_t>(select->integer(1)), std::string(select->text(2))});
  }
}

std::expected<bool, LogError> LocalLog::prune(const LocalPruning& pruning) {
  bool more = false;
  const auto remove = [&](std::string_view table, std::string_view key, std::uint64_t before) -> Status {
    auto statement = database_.prepare(
        fmt::format("delete from {0} where {1} in (select {1} from {0} where {1} < ?1 order by {1} limit {2})", table,
                    key, kPrunedAtOnce));
    if (!statement) return std::unexpected(statement.error());
    statement->bind(1, static_cast<std::int64_t>(before));
    if (auto done = statement->run(); !done) return done;
    more = more || database_.changes() == kPrunedAtOnce;
    return {};
  };
  auto transaction = sqlite::Transaction::begin(database_, sqlite::Transaction::Kind::write);
  if (!transaction) return failed(transaction.error());
  for (auto done : {remove("journal", "position", std::min(pruning.records_before, last_)),
                    remove("cuts", "number", pruning.cuts_before), remove("outputs", "cut", pruning.cuts_before),
                    remove("rejected", "cut", std::max(pruning.cuts_before, pruning.rejected_before))}) {
    if (!done) return failed(done.error());
  }
  if (pruning.rejected_before > 1) {
    if (auto done = database_.exec(
            fmt::format("insert into meta values ('rejected_gone', '{0}') on conflict (name) do update set value = "
                        "max(cast(value as integer), {0})",
                        pruning.rejected_before - 1));
        !done) {
      return failed(done.error());
    }
  }
  if (auto done = transaction->commit(); !done) return failed(done.error());
  if (auto done = database_.pragma("incremental_vacuum(2000)"); !done) return failed(done.error());
  return more;
}

std::expected<void, LogError> LocalLog::checkpoint() {
  // Whoever reads for long (a backup) is not waited for.
  database_.set_busy_timeout(Duration{0});
  const auto done = database_.pragma("wal_checkpoint(truncate)");
  database_.set_busy_timeout(kBusy);
  if (!done) return failed(done.error());
  return {};
}

}  // namespace triaged::log

#include "connectors/readmodel/read_model.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "connectors/readmodel/alert_writer.hpp"
#include "connectors/readmodel/incident_writer.hpp"
#include "connectors/readmodel/schema.hpp"
#include "connectors/wire/document_reader.hpp"

namespace triaged::readmodel {

using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;

namespace {

/// Every statement that writes.
struct Writers {
  explicit Writers(Preparing& prepare)
      : incidents(prepare),
        alerts(prepare),
        silence(prepare("INSERT INTO silences(id, state, updated_at, document) VALUES(?1, ?2, ?3, ?4) ON CONFLICT(id) "
                        "DO UPDATE SET state = ?2, updated_at = ?3, document = ?4")),
        audit(prepare("INSERT OR REPLACE INTO audit VALUES(?, ?, ?, ?)")),
        progress(prepare("INSERT OR REPLACE INTO progress(shard, cut, clock, outputs) VALUES(?, ?, ?, ?)")),
        resume(prepare("UPDATE source SET resume = ?")),
        old_silences(prepare("DELETE FROM silences WHERE state = 'expired' AND updated_at < ?")),
        old_audit(prepare("DELETE FROM audit WHERE number IN (SELECT number FROM audit WHERE at < ? LIMIT ?)")),
        old_services(prepare("DELETE FROM services WHERE active = 0 AND name NOT IN (SELECT service FROM "
                             "incident_services) AND NOT EXISTS (SELECT 1 FROM alerts WHERE service = name)")) {}

  void clear() {
    incidents.clear();
    alerts.clear();
  }

  IncidentWriter incidents;
  AlertWriter alerts;
  Statement silence;
  Statement audit;
  Statement progress;
  Statement resume;
  Statement old_silences;
  Statement old_audit;
  Statement old_services;
};

sqlite::Status configure(Database& database) {
  for (const char* text : {"auto_vacuum=incremental", "journal_mode=wal", "synchronous=normal", "cache_size=-65536",
                           "temp_store=memory", "wal_autocheckpoint=4000", "journal_size_limit=67108864"}) {
    if (auto set = database.pragma(text); !set) return std::unexpected(std::move(set.error()));
  }
  return {};
}

sqlite::Status read_progress(Database& database, Progress& progress) {
  Preparing prepare(database);
  auto shards = prepare(kProgressQuery);
  auto source = prepare("SELECT resume FROM source");
  if (!prepare.status()) return prepare.status();
  for (;;) {
    const auto row = shards.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    progress.shards.push_back(progress_of(shards));
  }
  const auto row = source.step();
  if (!row) return std::unexpected(row.error());
  if (*row) progress.resume = source.text(0);
  return {};
}

/// Why a file can't be used as it is.
struct Unusable {
  bool other_version = false;
  sqlite::Error error;
};

bool done_or_not_there(int result) { return result == 0 || errno == ENOENT; }

/// Makes room for a new file.
sqlite::Status put_away(const std::string& file, bool keep) {
  const auto aside = file + ".corrupt";
  bool done = done_or_not_there(keep ? std::rename(file.c_str(), aside.c_str()) : std::remove(file.c_str()));
  for (const char* with : {"-wal", "-shm"}) done = done && done_or_not_there(std::remove((file + with).c_str()));
  if (done) return {};
  const auto why = std::generic_category().message(errno);
  return std::unexpected(
      sqlite::Error{sqlite::Error::Kind::other, 0, fmt::format("{}: can't be put away: {}", file, why)});
}

}  // namespace

struct ReadModel::Parts {
  explicit Parts(Database opened) : database(std::move(opened)), prepare(database), writers(prepare) {}

  static std::expected<std::unique_ptr<Parts>, Unusable> open(const std::string& file);
  sqlite::Status add(const log::NumberedOutput& numbered, Applied& applied);
  sqlite::Status add_silence(const log::Output& output);
  sqlite::Status add_audit(const log::Output& output, std::int64_t number);
  /// Into the tables, and into `now`.
  sqlite::Status write_progress(const Portion& portion, Progress& now);

  Database database;
  Preparing prepare;
  Writers writers;
  Progress progress;
  std::string file;
  std::string began_anew;
  wire::DocumentReader reader;
  wire::IncidentFields incident;
  wire::AlertFields alert;
  wire::AuditFields command;
  wire::SilenceFields silence;
};

std::expected<std::unique_ptr<ReadModel::Parts>, Unusable> ReadModel::Parts::open(const std::string& file) {
  const auto unusable = [](sqlite::Error error) { return std::unexpected(Unusable{false, std::move(error)}); };
  auto database = Database::open(file);
  if (!database) return unusable(database.error());
  database->set_busy_timeout(std::chrono::seconds(5));
  if (auto configured = configure(*database); !configured) return unusable(configured.error());
  const auto version = database->pragma("user_version");
  if (!version) return unusable(version.error());
  if (*version == "0") {
    if (auto created = create_schema(*database); !created) return unusable(created.error());
  } else if (*version != fmt::format("{}", kSchemaVersion)) {
    const auto why = fmt::format("{} has schema version {}, this program's is {}", file, *version, kSchemaVersion);
    return std::unexpected(Unusable{true, {sqlite::Error::Kind::other, 0, why}});
  }
  auto parts = std::make_unique<Parts>(*std::move(database));
  parts->file = file;
  if (!parts->prepare.status()) return unusable(parts->prepare.status().error());
  if (auto read = read_progress(parts->database, parts->progress); !read) return unusable(read.error());
  return parts;
}

std::expected<ReadModel, sqlite::Error> ReadModel::open(const std::string& file) {
  auto opened = Parts::open(file);
  if (opened) return ReadModel(*std::move(opened));
  const auto& [other_version, error] = opened.error();
  const bool corrupt = error.kind == sqlite::Error::Kind::corrupt;
  if (!other_version && !corrupt) return std::unexpected(error);
  return open_anew(file, error.message, corrupt);
}

std::expected<ReadModel, sqlite::Error> ReadModel::open_anew(const std::string& file, const std::string& why,
                                                             bool keep) {
  if (auto away = put_away(file, keep); !away) return std::unexpected(away.error());
  auto anew = Parts::open(file);
  if (!anew) return std::unexpected(anew.error().error);
  (*anew)->began_anew = why;
  return ReadModel(*std::move(anew));
}

sqlite::Status ReadModel::check(const std::string& file) {
  auto database = Database::open(file, Database::Mode::read_only);
  if (!database) return std::unexpected(database.error());
  database->set_busy_timeout(std::chrono::seconds(5));
  const auto found = database->pragma("quick_check(1)");
  if (!found) return std::unexpected(found.error());
  const auto version = database->pragma("user_version");
  if (!version) return std::unexpected(version.error());
  if (*found == "ok" && *version == fmt::format("{}", kSchemaVersion)) return {};
  return std::unexpected(
      sqlite::Error{sqlite::Error::Kind::corrupt, 0,
                    fmt::format("{}: damaged: {}", file, *found == "ok" ? "it has no tables" : *found)});
}

ReadModel::ReadModel(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ReadModel::ReadModel(ReadModel&& other) noexcept = default;
ReadModel& ReadModel::operator=(ReadModel&& other) noexcept = default;
ReadModel::~ReadModel() = default;

const std::string& ReadModel::began_anew() const { return parts_->began_anew; }
const Progress& ReadModel::progress() const { return parts_->progress; }
const std::string& ReadModel::file() const { return parts_->file; }

sqlite::Status ReadModel::Parts::add(const log::NumberedOutput& numbered, Applied& applied) {
  const log::Output& output = numbered.output;
  const std::int64_t number = pack(numbered.number, numbered.shard);
  bool readable = true;
  switch (output.topic) {
    case log::Topic::incidents:
      readable = reader.read(output.value, incident);
      if (readable) {
        if (auto added = writers.incidents.add(incident, number, output.value); !added) return added;
      }
      break;
    case log::Topic::alerts:
      readable = reader.read(output.value, alert);
      if (readable) writers.alerts.add(numbered.shard, alert, output.value);
      break;
    case log::Topic::audit:
      readable = reader.read(output.value, command);
      if (readable) {
        if (auto added = add_audit(output, number); !added) return added;
      }
      break;
    case log::Topic::silences:
      readable = reader.read(output.value, silence);
      if (readable) {
        if (auto added = add_silence(output); !added) return added;
      }
      break;
    case log::Topic::rejected: return {};  // bytes of somebody else's, kept by the log alone
  }
  ++(readable ? applied.documents : applied.unreadable);
  if (!readable && applied.first_unreadable.empty()) {
    applied.first_unreadable =
        fmt::format("output {} of shard {} with key {}", numbered.number, numbered.shard, output.key);
  }
  return {};
}

sqlite::Status ReadModel::Parts::add_audit(const log::Output& output, std::int64_t number) {
  if (auto added = writers.incidents.add(command, number, output.value); !added) return added;
  return writers.audit.bind(1, number).bind(2, output.key).bind(3, pack(command.at)).bind(4, output.value).run();
}

sqlite::Status ReadModel::Parts::add_silence(const log::Output& output) {
  writers.silence.bind(1, silence.id).bind(2, silence.state).bind(3, pack(silence.updated_at));
  return writers.silence.bind(4, output.value).run();
}

sqlite::Status ReadModel::Parts::write_progress(const Portion& portion, Progress& now) {
  for (const ShardProgress& shard : portion.progress) {
    if (shard.cut <= now.of(shard.shard).cut) continue;
    now.set(shard);
    auto& statement = writers.progress.bind(1, shard.shard).bind(2, static_cast<std::int64_t>(shard.cut));
    statement.bind(3, pack(shard.clock)).bind(4, static_cast<std::int64_t>(shard.outputs));
    if (auto written = statement.run(); !written) return written;
  }
  if (portion.resume == now.resume) return {};
  now.resume = portion.resume;
  return writers.resume.bind(1, now.resume).run();
}

std::expected<Applied, sqlite::Error> ReadModel::apply(const Portion& portion) {
  Applied applied;
  auto& parts = *parts_;
  auto transaction = Transaction::begin(parts.database, Transaction::Kind::write);
  if (!transaction) return std::unexpected(transaction.error());
  parts.writers.clear();  // of a transaction that failed
  for (const auto& numbered : portion.outputs) {
    if (numbered.number <= parts.progress.of(numbered.shard).outputs) continue;
    if (auto added = parts.add(numbered, applied); !added) return std::unexpected(added.error());
  }
  Progress progress = parts.progress;
  auto written = parts.writers.incidents.flush();
  if (written) written = parts.writers.alerts.flush();
  if (written) written = parts.write_progress(portion, progress);
  if (written) written = transaction->commit();
  if (!written) return std::unexpected(written.error());
  parts.progress = std::move(progress);
  return applied;
}

std::expected<Pruned, sqlite::Error> ReadModel::prune(Time before, std::size_t at_most) {
  auto& parts = *parts_;
  auto& writers = parts.writers;
  auto transaction = Transaction::begin(parts.database, Transaction::Kind::write);
  if (!transaction) return std::unexpected(transaction.error());
  writers.clear();
  Pruned pruned;
  const auto incidents = writers.incidents.prune(before, at_most);
  if (!incidents) return std::unexpected(incidents.error());
  pruned.incidents = *incidents;
  const auto alerts = writers.alerts.prune(parts.database, before, at_most);
  if (!alerts) return std::unexpected(alerts.error());
  pruned.alerts = *alerts;
  auto done = writers.old_audit.bind(1, pack(before)).bind(2, static_cast<std::int64_t>(at_most)).run();
  pruned.audits = done ? static_cast<std::size_t>(parts.database.changes()) : 0;
  if (done) done = writers.old_silences.bind(1, pack(before)).run();
  pruned.more = std::max({pruned.incidents, pruned.alerts, pruned.audits}) >= at_most;
  if (done && !pruned.more) done = writers.old_services.run();
  if (done) done = transaction->commit();
  if (done && !pruned.more) done = parts.database.exec("PRAGMA incremental_vacuum(10000)");
  if (!done) return std::unexpected(done.error());
  return pruned;
}

}  // namespace triaged::readmodel

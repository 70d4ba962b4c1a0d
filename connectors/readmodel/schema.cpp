#include "connectors/readmodel/schema.hpp"

#include <fmt/format.h>

namespace triaged::readmodel {
namespace {

// Documents stand last: what lists look at is read without them. Numbers of outputs order what has no order of its own.
constexpr const char* kTables = R"(
CREATE TABLE progress(
  shard INTEGER PRIMARY KEY, cut INTEGER NOT NULL, clock INTEGER NOT NULL, outputs INTEGER NOT NULL);
CREATE TABLE source(resume TEXT NOT NULL);
INSERT INTO source VALUES('');

CREATE TABLE incidents(
  key INTEGER PRIMARY KEY, rank INTEGER NOT NULL, state INTEGER NOT NULL, priority INTEGER NOT NULL,
  severity INTEGER NOT NULL, rule TEXT NOT NULL, root TEXT NOT NULL, team TEXT NOT NULL, assignee TEXT NOT NULL,
  title TEXT NOT NULL, services BLOB NOT NULL, started_at INTEGER NOT NULL, opened_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL);
CREATE INDEX incidents_by_rank ON incidents(rank, opened_at);
CREATE INDEX incidents_by_start ON incidents(started_at);
CREATE INDEX incidents_by_update ON incidents(updated_at);

CREATE TABLE incident_counts(
  state INTEGER NOT NULL, priority INTEGER NOT NULL, incidents INTEGER NOT NULL, PRIMARY KEY(state, priority)
) WITHOUT ROWID;

CREATE TABLE incident_services(
  service TEXT NOT NULL, incident INTEGER NOT NULL, PRIMARY KEY(service, incident)) WITHOUT ROWID;

CREATE TABLE timeline(
  incident INTEGER NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, change INTEGER NOT NULL, state INTEGER,
  priority INTEGER, alert_count INTEGER, title TEXT, root TEXT, document TEXT, PRIMARY KEY(incident, number)) WITHOUT ROWID;

CREATE TABLE alerts(
  id INTEGER PRIMARY KEY, shard INTEGER NOT NULL, fingerprint INTEGER NOT NULL, state INTEGER NOT NULL, service TEXT,
  incident INTEGER, reason TEXT, at INTEGER NOT NULL, document TEXT NOT NULL);
CREATE INDEX alerts_by_fingerprint ON alerts(fingerprint);
CREATE INDEX alerts_that_fire ON alerts(state) WHERE state IN (0, 2);
CREATE INDEX alerts_by_service ON alerts(service) WHERE service IS NOT NULL;
CREATE INDEX alerts_by_incident ON alerts(incident) WHERE incident IS NOT NULL;
CREATE INDEX alerts_that_are_over ON alerts(at) WHERE state IN (1, 3);

CREATE TABLE services(name TEXT PRIMARY KEY, active INTEGER NOT NULL DEFAULT 0, last_incident INTEGER) WITHOUT ROWID;

CREATE TABLE silences(
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, updated_at INTEGER NOT NULL,
  document TEXT NOT NULL);

CREATE TABLE audit(number INTEGER PRIMARY KEY, id TEXT NOT NULL, at INTEGER NOT NULL, document TEXT NOT NULL);
CREATE INDEX audit_by_id ON audit(id);
CREATE INDEX audit_by_time ON audit(at);
)";

}  // namespace

// As the partial indexes have it.
static_assert(is_active(AlertState{0}) && !is_active(AlertState{1}) && is_active(AlertState{2}) &&
              !is_active(AlertState{3}));

sqlite::Status create_schema(sqlite::Database& database) {
  auto transaction = sqlite::Transaction::begin(database, sqlite::Transaction::Kind::write);
  if (!transaction) return std::unexpected(transaction.error());
  if (auto created = database.exec(kTables); !created) return created;
  if (auto version = database.pragma(fmt::format("user_version={}", kSchemaVersion)); !version) {
    return std::unexpected(version.error());
  }
  return transaction->commit();
}

ShardProgress progress_of(const sqlite::Statement& row) {
  return {.shard = static_cast<std::uint32_t>(row.integer(0)),
          .cut = static_cast<std::uint64_t>(row.integer(1)),
          .clock = unpack_time(row.integer(2)),
          .outputs = static_cast<std::uint64_t>(row.integer(3))};
}

}  // namespace triaged::readmodel

#include "connectors/readmodel/read_model_reader.hpp"

#include <utility>

#include "connectors/readmodel/alert_query.hpp"
#include "connectors/readmodel/cursor.hpp"
#include "connectors/readmodel/incident_query.hpp"
#include "connectors/readmodel/schema.hpp"
#include "connectors/readmodel/sql.hpp"

namespace triaged::readmodel {

using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;

struct ReadModelReader::Parts {
  explicit Parts(Database opened)
      : database(std::move(opened)),
        prepare(database),
        progress(prepare(kProgressQuery)),
        incident(prepare("SELECT document FROM incidents WHERE key = ?1 AND id = ?2")),
        counts(prepare("SELECT state, priority, incidents FROM incident_counts WHERE incidents > 0")),
        services(prepare("SELECT name, active, id FROM services LEFT JOIN incidents ON key = last_incident "
                         "ORDER BY name")),
        open(prepare("SELECT service, priority, count(*) FROM incidents JOIN incident_services ON incident = key "
                     "WHERE rank > ? GROUP BY service, priority ORDER BY service")),
        silence(prepare("SELECT document FROM silences WHERE id = ?")),
        audit(prepare("SELECT document FROM audit WHERE id = ?")) {}

  Answer<std::optional<std::string>> document(Statement& statement);

  Database database;
  Preparing prepare;
  Statement progress;
  Statement incident;
  Statement counts;
  Statement services;
  Statement open;
  Statement silence;
  Statement audit;
  AlertMatching matching;
};

/// Of the first row, if there is one.
Answer<std::optional<std::string>> ReadModelReader::Parts::document(Statement& statement) {
  std::optional<std::string> found;
  const auto row = statement.step();
  if (!row) return std::unexpected(failed(row.error()));
  if (*row) found = statement.text(0);
  statement.reset();
  return found;
}

std::expected<ReadModelReader, sqlite::Error> ReadModelReader::open(const std::string& file) {
  auto database = Database::open(file, Database::Mode::read_only);
  if (!database) return std::unexpected(database.error());
  database->set_busy_timeout(std::chrono::seconds(5));
  for (const char* text : {"cache_size=-16384", "temp_store=memory"}) {
    if (auto set = database->pragma(text); !set) return std::unexpected(set.error());
  }
  auto parts = std::make_unique<Parts>(*std::move(database));
  if (auto prepared = parts->prepare.status(); !prepared) {
    // A table that is not there was.
    if (prepared.error().kind == sqlite::Error::Kind::other) prepared.error().kind = sqlite::Error::Kind::corrupt;
    return std::unexpected(std::move(prepared.error()));
  }
  return ReadModelReader(std::move(parts));
}

ReadModelReader::ReadModelReader(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ReadModelReader::ReadModelReader(ReadModelReader&& other) noexcept = default;
ReadModelReader& ReadModelReader::operator=(ReadModelReader&& other) noexcept = default;
ReadModelReader::~ReadModelReader() = default;

Answer<std::vector<ShardProgress>> ReadModelReader::progress() {
  std::vector<ShardProgress> shards;
  for (;;) {
    const auto row = parts_->progress.step();
    if (!row) return std::unexpected(failed(row.error()));
    if (!*row) return shards;
    shards.push_back(progress_of(parts_->progress));
  }
}

Answer<Page> ReadModelReader::incidents(const IncidentQuery& query, const PageRequest& page) {
  return list_incidents(parts_->database, query, page);
}

Answer<std::optional<std::string>> ReadModelReader::incident(std::string_view id) {
  const auto key = wire::parse_incident_id(id);
  if (!key) return std::nullopt;
  return parts_->document(parts_->incident.bind(1, pack(*key)).bind(2, id));
}

Answer<std::optional<Page>> ReadModelReader::timeline(std::string_view id, const PageRequest& page) {
  const auto snapshot = Transaction::begin(parts_->database, Transaction::Kind::read);
  if (!snapshot) return std::unexpected(failed(snapshot.error()));
  const auto found = incident(id);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::nullopt;
  return list_timeline(parts_->database, pack(*wire::parse_incident_id(id)), page);
}

Answer<std::vector<IncidentCount>> ReadModelReader::counts() {
  std::vector<IncidentCount> counts;
  auto& statement = parts_->counts;
  for (;;) {
    const auto row = statement.step();
    if (!row) return std::unexpected(failed(row.error()));
    if (!*row) return counts;
    counts.push_back({static_cast<IncidentState>(statement.integer(0)), static_cast<std::uint8_t>(statement.integer(1)),
                      static_cast<std::uint64_t>(statement.integer(2))});
  }
}

Answer<Page> ReadModelReader::alerts(const AlertQuery& query, const PageRequest& page) {
  return list_alerts(parts_->database, parts_->matching, query, page);
}

Answer<std::vector<ServiceRow>> ReadModelReader::services() {
  const auto snapshot = Transaction::begin(parts_->database, Transaction::Kind::read);
  if (!snapshot) return std::unexpected(failed(snapshot.error()));
  std::vector<ServiceRow> rows;
  auto& services = parts_->services;
  for (;;) {
    const auto row = services.step();
    if (!row) return std::unexpected(failed(row.error()));
    if (!*row) break;
    rows.push_back({std::string(services.text(0)),
                    {},
                    static_cast<std::uint64_t>(services.integer(1)),
                    std::string(services.text(2))});
  }
  // Both are in the order of names, and what has an open incident is one of the services.
  auto at = rows.begin();
  auto& open = parts_->open;
  open.bind(1, kRankResolved);
  for (;;) {
    const auto row = open.step();
    if (!row) return std::unexpected(failed(row.error()));
    if (!*row) return rows;
    while (at != rows.end() && at->name < open.text(0)) ++at;
    const auto priority = static_cast<std::size_t>(open.integer(1));
    if (at == rows.end() || at->name != open.text(0) || priority >= std::size(at->open)) continue;
    at->open[priority] += static_cast<std::uint64_t>(open.integer(2));
    at->open[0] += static_cast<std::uint64_t>(open.integer(2));
  }
}

Answer<Page> ReadModelReader::silences(const SilenceQuery& query, const PageRequest& request) {
  QueryDigest digest;
  digest.add("silences");
  Conditions conditions;
  std::vector<Conditions::Value> states;
  for (const auto& state : query.states) {
    digest.add(state);
    states.emplace_back(state);
  }
  conditions.add_any("state", std::move(states));
  if (!request.cursor.empty()) {
    const auto place = decode_cursor(request.cursor, digest.value(), 1);
    if (!place) return std::unexpected(bad_cursor());
    conditions.add("number < ?", {place->front()});
  }
  auto statement = parts_->database.prepare("SELECT document, number FROM silences" + conditions.text() +
                                            " ORDER BY number DESC LIMIT " + std::to_string(request.limit + 1));
  if (!statement) return std::unexpected(failed(statement.error()));
  conditions.bind(*statement);
  Page page;
  std::int64_t last = 0;
  for (;;) {
    const auto row = statement->step();
    if (!row) return std::unexpected(failed(row.error()));
    if (!*row) return page;
    if (page.documents.size() == request.limit) {
      page.next = encode_cursor(digest.value(), {last});
      return page;
    }
    page.documents.emplace_back(statement->text(0));
    last = statement->integer(1);
  }
}

Answer<std::optional<std::string>> ReadModelReader::silence(std::string_view id) {
  return parts_->document(parts_->silence.bind(1, id));
}

Answer<std::optional<std::string>> ReadModelReader::audit(std::string_view id) {
  return parts_->document(parts_->audit.bind(1, id));
}

Answer<ReaderPool::Taken> ReaderPool::take() {
  std::uint64_t generation = 0;
  {
    const std::scoped_lock lock(mutex_);
    if (shut_) return std::unexpected(being_made());
    generation = generation_;
    if (!idle_.empty()) {
      Taken taken{std::move(idle_.back()), generation};
      idle_.pop_back();
      return taken;
    }
  }
  auto reader = ReadModelReader::open(file_);
  if (!reader) return std::unexpected(told(failed(std::move(reader.error())), generation));
  return Taken{*std::move(reader), generation};
}

void ReaderPool::give_back(Taken taken) {
  const std::scoped_lock lock(mutex_);
  if (taken.generation == generation_) idle_.push_back(std::move(taken.reader));
}

QueryError ReaderPool::told(QueryError error, std::uint64_t generation) {
  {
    // Its file may have been replaced under it.
    const std::scoped_lock lock(mutex_);
    if (generation != generation_) return being_made();
  }
  if (error.kind == QueryError::Kind::damaged) on_damage_();
  return error;
}

void ReaderPool::shut() {
  const std::scoped_lock lock(mutex_);
  shut_ = true;
  ++generation_;
  idle_.clear();
}

void ReaderPool::forget() {
  const std::scoped_lock lock(mutex_);
  shut_ = false;
  ++generation_;
  idle_.clear();
}

}  // namespace triaged::readmodel

// Revisions of incidents → rows. Only files of connectors/readmodel include this.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "connectors/readmodel/schema.hpp"
#include "connectors/sqlite/database.hpp"
#include "connectors/wire/document_reader.hpp"

namespace triaged::readmodel {

/// Within one transaction: add() each document in order, then flush(). Rows of the timeline are written at once, an
/// incident only as it is in the end.
class IncidentWriter {
 public:
  explicit IncidentWriter(Preparing& prepare);

  /// `document` lives until flush() or clear().
  sqlite::Status add(const wire::IncidentFields& fields, std::int64_t output, std::string_view document);
  /// A command that named incidents, done or refused.
  sqlite::Status add(const wire::AuditFields& fields, std::int64_t output, std::string_view document);
  sqlite::Status flush();
  /// Forgets what was not flushed.
  void clear();

  /// Deletes up to `at_most` incidents that are over since before `before`; how many.
  std::expected<std::size_t, sqlite::Error> prune(Time before, std::size_t at_most);

 private:
  using StateAndPriority = std::pair<std::int64_t, std::int64_t>;

  /// What is known of an incident that the transaction touches.
  struct Touched {
    bool stored = false;  // a row is there, with what follows
    StateAndPriority stored_as;
    std::string stored_services;
    std::int64_t stored_opened = 0;
    std::int64_t stored_started = 0;
    wire::IncidentFields fields;  // as of the last document
    std::string services;
    std::string_view document;
  };

  std::expected<Touched*, sqlite::Error> touch(std::int64_t key);
  sqlite::Status write(std::int64_t key, Touched& incident);
  sqlite::Status replace_services(std::int64_t key, const Touched& incident);
  sqlite::Status write_counts();

  sqlite::Statement find_;
  sqlite::Statement upsert_;
  sqlite::Statement update_in_place_;  // what it is listed by stays, but for the time of the update
  sqlite::Statement add_revision_;
  sqlite::Statement add_command_;
  sqlite::Statement add_service_;
  sqlite::Statement remove_service_;
  sqlite::Statement last_of_service_;
  sqlite::Statement count_;
  sqlite::Statement over_;
  sqlite::Statement remove_;
  sqlite::Statement remove_timeline_;
  boost::unordered_flat_map<std::int64_t, Touched> touched_;
  std::map<StateAndPriority, std::int64_t> counts_;  // by how much they change
};

}  // namespace triaged::readmodel

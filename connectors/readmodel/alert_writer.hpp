// Records of alerts → rows: the last of each label set in each shard. Only files of connectors/readmodel include this.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "connectors/readmodel/schema.hpp"
#include "connectors/sqlite/database.hpp"
#include "connectors/wire/document_reader.hpp"

namespace triaged::readmodel {

/// Within one transaction: add() each document in order, then flush().
class AlertWriter {
 public:
  explicit AlertWriter(Preparing& prepare);

  /// `document` lives until flush() or clear().
  void add(std::uint32_t shard, const wire::AlertFields& fields, std::string_view document);
  sqlite::Status flush();
  /// Forgets what was not flushed.
  void clear();

  /// Deletes up to `at_most` alerts that are over since before `before`; how many.
  std::expected<std::size_t, sqlite::Error> prune(sqlite::Database& database, Time before, std::size_t at_most);

 private:
  struct Last {
    std::uint32_t shard = 0;
    std::string labels;  // canonical; never changes, so that it can be found by
    wire::AlertFields fields;
    std::string_view document;
  };
  struct Stored {
    std::int64_t id = 0;  // 0: none
    bool active = false;
    std::string service;
    std::int64_t incident = 0;  // packed; 0: in none
  };

  std::expected<Stored, sqlite::Error> find(const Last& alert);
  sqlite::Status write(const Last& alert);

  sqlite::Statement find_;
  sqlite::Statement insert_;
  sqlite::Statement update_;
  sqlite::Statement update_in_place_;  // service and incident stay
  sqlite::Statement count_;
  sqlite::Statement remove_;
  wire::DocumentReader reader_;
  std::deque<Last> last_;  // in the order of their first records
  boost::unordered_flat_map<std::pair<std::uint32_t, std::string_view>, std::size_t> places_;  // in it, by labels
  std::string stored_labels_;
  std::map<std::string, std::int64_t> active_;  // by how much the number of a service's changes
};

}  // namespace triaged::readmodel

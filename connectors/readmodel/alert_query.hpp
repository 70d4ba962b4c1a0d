// Lists of alerts. Only files of connectors/readmodel include this.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

#include "connectors/readmodel/queries.hpp"
#include "connectors/sqlite/database.hpp"
#include "connectors/wire/document_reader.hpp"

namespace triaged::readmodel {

/// On how many alerts matchers are tried in one call.
inline constexpr std::size_t kAlertsPerCall = 200'000;

/// What matching needs, kept from call to call.
struct AlertMatching {
  wire::DocumentReader reader;
  std::string labels;
};

std::expected<Page, QueryError> list_alerts(sqlite::Database& database, AlertMatching& matching,
                                            const AlertQuery& query, const PageRequest& request);

}  // namespace triaged::readmodel

// Lists of incidents and their timelines. Only files of connectors/readmodel include this.
#pragma once

#include <cstdint>
#include <expected>

#include "connectors/readmodel/queries.hpp"
#include "connectors/sqlite/database.hpp"

namespace triaged::readmodel {

std::expected<Page, QueryError> list_incidents(sqlite::Database& database, const IncidentQuery& query,
                                               const PageRequest& request);
/// `incident`: packed.
std::expected<Page, QueryError> list_timeline(sqlite::Database& database, std::int64_t incident,
                                              const PageRequest& request);

}  // namespace triaged::readmodel

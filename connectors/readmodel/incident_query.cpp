#include "connectors/readmodel/incident_query.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "connectors/readmodel/cursor.hpp"
#include "connectors/readmodel/schema.hpp"
#include "connectors/readmodel/sql.hpp"
#include "connectors/wire/json_text.hpp"
#include "connectors/wire/rfc3339.hpp"

namespace triaged::readmodel {
namespace {

using Values = std::vector<Conditions::Value>;

/// How a list is ordered: by these columns, all in one direction; the last one tells any two apart.
struct Order {
  std::string_view columns;
  std::string_view parameters;
  std::size_t keys;
};

Order order_of(IncidentQuery::Order order) {
  switch (order) {
    case IncidentQuery::Order::urgency: return {"rank, opened_at, key", "?, ?, ?", 3};
    case IncidentQuery::Order::updated: return {"updated_at, key", "?, ?", 2};
    case IncidentQuery::Order::started: return {"started_at, key", "?, ?", 2};
    case IncidentQuery::Order::number: break;
  }
  return {"key", "?", 1};
}

/// Adds conditions, and what they are to the digest.
class Filters {
 public:
  Filters(Conditions& conditions, QueryDigest& digest) : conditions_(conditions), digest_(digest) {}

  void any_number(std::string_view column, const auto& wanted) {
    Values values;
    digest_.add(column);
    for (const auto value : wanted) {
      values.emplace_back(static_cast<std::int64_t>(value));
      digest_.add(static_cast<std::int64_t>(value));
    }
    conditions_.add_any(column, std::move(values));
  }
  void any_text(std::string_view column, const std::vector<std::string>& wanted, std::string_view before = "",
                std::string_view behind = "") {
    digest_.add(column);
    for (const auto& value : wanted) digest_.add(value);
    conditions_.add_any(column, Values(wanted.begin(), wanted.end()), before, behind);
  }
  void time(std::string_view condition, const std::optional<Time>& bound) {
    digest_.add(condition);
    if (!bound) return;
    digest_.add(pack(*bound));
    conditions_.add(condition, {pack(*bound)});
  }
  void text(const std::string& part) {
    digest_.add(part);
    if (part.empty()) return;
    const auto pattern = Conditions::containing(part);
    conditions_.add("(title LIKE ? ESCAPE '\\' OR id LIKE ? ESCAPE '\\')", {pattern, pattern});
  }

 private:
  Conditions& conditions_;
  QueryDigest& digest_;
};

/// Says in terms of the index what the states say: those that are over are many, and mostly nobody asks for them.
void bound_rank(const std::vector<IncidentState>& states, Conditions& conditions) {
  if (states.empty()) return;
  const auto over = [](IncidentState state) { return rank(state, 1) == kRankOver; };
  const auto active = [](IncidentState state) { return rank(state, 1) > kRankResolved; };
  if (std::ranges::none_of(states, over)) {
    conditions.add(std::ranges::all_of(states, active) ? "rank > ?" : "rank >= ?", {kRankResolved});
  } else if (std::ranges::all_of(states, over)) {
    conditions.add("rank = ?", {kRankOver});
  }
}

/// Adds what stands behind the cursor alone; false: the cursor is none of this query's.
bool follow(const PageRequest& request, const Order& order, bool descending, std::uint64_t digest,
            Conditions& conditions) {
  if (request.cursor.empty()) return true;
  const auto place = decode_cursor(request.cursor, digest, order.keys);
  if (!place) return false;
  conditions.add(fmt::format("({}) {} ({})", order.columns, descending ? "<" : ">", order.parameters),
                 Values(place->begin(), place->end()));
  return true;
}

void append_field(std::string& out, std::string_view name, std::string_view text) {
  out += out.ends_with('{') ? "\"" : ",\"";
  out.append(name).append("\":");
  wire::append_string(out, text);
}

std::string entry_of(const sqlite::Statement& row) {
  if (row.integer(2) == kCommandRow) return std::string(row.text(8));
  std::string entry = R"({"at":")";
  wire::append_time(entry, unpack_time(row.integer(1)));
  entry += '"';
  append_field(entry, "change", to_string(static_cast<IncidentChange>(row.integer(2))));
  append_field(entry, "state", to_string(static_cast<IncidentState>(row.integer(3))));
  entry += fmt::format(R"(,"priority":"P{}","alertCount":{})", row.integer(4), row.integer(5));
  if (!row.is_null(6)) append_field(entry, "title", row.text(6));
  if (!row.is_null(7)) append_field(entry, "root", row.text(7));
  return entry + "}";
}

}  // namespace

std::expected<Page, QueryError> list_incidents(sqlite::Database& database, const IncidentQuery& query,
                                               const PageRequest& request) {
  const Order order = order_of(query.order);
  const bool descending = query.descending || query.order == IncidentQuery::Order::urgency;
  Conditions conditions;
  QueryDigest digest;
  digest.add("incidents");
  digest.add(static_cast<std::int64_t>(query.order));
  digest.add(descending ? 1 : 0);
  Filters filters(conditions, digest);
  filters.any_number("state", query.states);
  filters.any_number("priority", query.priorities);
  filters.any_number("severity", query.severities);
  filters.any_text("service", query.services, "key IN (SELECT incident FROM incident_services WHERE ", ")");
  filters.any_text("rule", query.rules);
  filters.any_text("team", query.teams);
  filters.any_text("assignee", query.assignees);
  filters.time("updated_at >= ?", query.since);
  filters.time("updated_at < ?", query.until);
  filters.time("started_at >= ?", query.started_since);
  filters.time("started_at < ?", query.started_until);
  filters.text(query.text);
  bound_rank(query.states, conditions);
  if (!follow(request, order, descending, digest.value(), conditions)) return std::unexpected(bad_cursor());

  std::string by;
  for (const char c : order.columns) by += c == ',' && descending ? std::string(" DESC,") : std::string(1, c);
  auto statement =
      database.prepare(fmt::format("SELECT {}, document FROM incidents{} ORDER BY {}{} LIMIT {}", order.columns,
                                   conditions.text(), by, descending ? " DESC" : "", request.limit + 1));
  if (!statement) return std::unexpected(failed(statement.error()));
  conditions.bind(*statement);
  Page page;
  std::vector<std::int64_t> last(order.keys);
  for (;;) {
    const auto row = statement->step();
    if (!row) return std::unexpected(failed(row.error()));
    if (!*row) return page;
    if (page.documents.size() == request.limit) {
      page.next = encode_cursor(digest.value(), last);
      return page;
    }
    for (std::size_t key = 0; key < last.size(); ++key) last[key] = statement->integer(static_cast<int>(key));
    page.documents.emplace_back(statement->text(static_cast<int>(order.keys)));
  }
}

std::expected<Page, QueryError> list_timeline(sqlite::Database& database, std::int64_t incident,
                                              const PageRequest& request) {
  QueryDigest digest;
  digest.add("timeline");
  digest.add(incident);
  std::int64_t after = 0;
  if (!request.cursor.empty()) {
    const auto place = decode_cursor(request.cursor, digest.value(), 1);
    if (!place) return std::unexpected(bad_cursor());
    after = place->front();
  }
  auto statement = database.prepare(
      "SELECT number, at, change, state, priority, alert_count, title, root, document "
      "FROM timeline WHERE incident = ? AND number > ? ORDER BY number LIMIT ?");
  if (!statement) return std::unexpected(failed(statement.error()));
  statement->bind(1, incident).bind(2, after).bind(3, static_cast<std::int64_t>(request.limit + 1));
  Page page;
  for (;;) {
    const auto row = statement->step();
    if (!row) return std::unexpected(failed(row.error()));
    if (!*row) return page;
    if (page.documents.size() == request.limit) {
      page.next = encode_cursor(digest.value(), {after});
      return page;
    }
    after = statement->integer(0);
    page.documents.push_back(entry_of(*statement));
  }
}

}  // namespace triaged::readmodel

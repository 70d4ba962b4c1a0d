// GET /api/v1/incidents, /api/v1/incidents/{id}, /api/v1/incidents/{id}/timeline
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/wire/document_reader.hpp"
#include "daemon/api/query_parameters.hpp"
#include "daemon/api/resources.hpp"

namespace triaged::api {
namespace {

using readmodel::IncidentQuery;
using std::string_view;

constexpr std::array<string_view, 5> kStates = {"open", "acknowledged", "resolved", "closed", "merged"};
constexpr std::array<string_view, 5> kPriorities = {"P1", "P2", "P3", "P4", "P5"};
constexpr std::array<string_view, 5> kSeverities = {"info", "warning", "minor", "major", "critical"};
constexpr std::array<string_view, 7> kOrders = {"priority",   "updatedAt", "-updatedAt", "startedAt",
                                                "-startedAt", "number",    "-number"};

std::optional<std::uint8_t> parse_priority(string_view word) {
  for (std::size_t at = 0; at < kPriorities.size(); ++at) {
    if (word == kPriorities[at]) return static_cast<std::uint8_t>(at + 1);
  }
  return std::nullopt;
}

std::optional<Severity> parse_exact_severity(string_view word) {
  for (std::size_t at = 0; at < kSeverities.size(); ++at) {
    if (word == kSeverities[at]) return static_cast<Severity>(at);
  }
  return std::nullopt;
}

void read_order(QueryParameters& parameters, IncidentQuery& query) {
  const auto sort = parameters.text("sort");
  if (!sort || *sort == "priority") return;
  string_view name = *sort;
  query.descending = name.starts_with('-');
  if (query.descending) name.remove_prefix(1);
  if (name == "updatedAt") {
    query.order = IncidentQuery::Order::updated;
  } else if (name == "startedAt") {
    query.order = IncidentQuery::Order::started;
  } else if (name == "number") {
    query.order = IncidentQuery::Order::number;
  } else {
    parameters.unknown_word("sort", *sort, kOrders);
  }
}

http::Response list_incidents(const http::Request& request, readmodel::ReaderPool& readers) {
  QueryParameters parameters(request.query);
  IncidentQuery query;
  query.states = parameters.choices("state", kStates, wire::parse_incident_state);
  query.priorities = parameters.choices("priority", kPriorities, parse_priority);
  query.severities = parameters.choices("severity", kSeverities, parse_exact_severity);
  query.services = parameters.texts("service");
  query.rules = parameters.texts("rule");
  query.teams = parameters.texts("team");
  query.assignees = parameters.texts("assignee");
  query.since = parameters.time("since");
  query.until = parameters.time("until");
  query.started_since = parameters.time("startedSince");
  query.started_until = parameters.time("startedUntil");
  query.text = parameters.text("q").value_or("");
  read_order(parameters, query);
  const auto page = parameters.page();
  if (auto fault = parameters.fault()) return *std::move(fault);
  const auto answer = readers.with([&](auto& reader) { return reader.incidents(query, page); });
  return answer ? list("incidents", *answer) : failure(answer.error());
}

http::Response one_incident(const http::Request& request, readmodel::ReaderPool& readers) {
  if (auto fault = QueryParameters(request.query).fault()) return *std::move(fault);
  const auto& id = request.capture("id");
  auto answer = readers.with([&](auto& reader) { return reader.incident(id); });
  if (!answer) return failure(answer.error());
  return *answer ? http::json(200, **std::move(answer) + "\n") : not_found("incident", id);
}

http::Response timeline(const http::Request& request, readmodel::ReaderPool& readers) {
  QueryParameters parameters(request.query);
  const auto page = parameters.page();
  if (auto fault = parameters.fault()) return *std::move(fault);
  const auto& id = request.capture("id");
  const auto answer = readers.with([&](auto& reader) { return reader.timeline(id, page); });
  if (!answer) return failure(answer.error());
  return *answer ? list("timeline", **answer) : not_found("incident", id);
}

}  // namespace

void add_incidents(http::Router& router, const Parts& parts) {
  using config::Role;
  router.add({http::Method::get, "/api/v1/incidents", Role::read, on_worker(parts, list_incidents)});
  router.add({http::Method::get, "/api/v1/incidents/{id}", Role::read, on_worker(parts, one_incident)});
  router.add({http::Method::get, "/api/v1/incidents/{id}/timeline", Role::read, on_worker(parts, timeline)});
}

}  // namespace triaged::api

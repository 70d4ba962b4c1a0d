// GET /api/v1/alerts
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "connectors/wire/command_decoder.hpp"
#include "connectors/wire/document_reader.hpp"
#include "connectors/wire/json_text.hpp"
#include "daemon/api/query_parameters.hpp"
#include "daemon/api/resources.hpp"

namespace triaged::api {
namespace {

constexpr std::array<std::string_view, 4> kStates = {"firing", "resolved", "flapping", "dropped"};

http::Response list_alerts(const http::Request& request, readmodel::ReaderPool& readers) {
  QueryParameters parameters(request.query);
  readmodel::AlertQuery query;
  query.states = parameters.choices("state", kStates, wire::parse_alert_state);
  query.services = parameters.texts("service");
  if (const auto fingerprint = parameters.text("fingerprint")) {
    query.fingerprint = wire::parse_fingerprint(*fingerprint);
    if (!query.fingerprint) {
      parameters.refuse("fingerprint",
                        fmt::format("\"{}\" is no fingerprint of 16 hex digits", wire::printable(*fingerprint)));
    }
  }
  if (const auto incident = parameters.text("incident")) {
    query.in_none = *incident == "none";
    query.incident = wire::parse_incident_id(*incident);
    if (!query.in_none && !query.incident) {
      const auto reason = fmt::format("\"{}\" is neither an incident's id nor none", wire::printable(*incident));
      parameters.refuse("incident", reason);
    }
  }
  query.reason = parameters.text("reason").value_or("");
  query.matchers = parameters.matchers("matcher");
  const auto page = parameters.page();
  if (auto fault = parameters.fault()) return *std::move(fault);
  const auto answer = readers.with([&](auto& reader) { return reader.alerts(query, page); });
  return answer ? list("alerts", *answer) : failure(answer.error());
}

}  // namespace

void add_alerts(http::Router& router, const Parts& parts) {
  router.add({http::Method::get, "/api/v1/alerts", config::Role::read, on_worker(parts, list_alerts)});
}

}  // namespace triaged::api

// GET /api/v1/services: those of the catalogue, and those that alerts or incidents named
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "connectors/readmodel/cursor.hpp"
#include "connectors/wire/json_text.hpp"
#include "daemon/api/query_parameters.hpp"
#include "daemon/api/resources.hpp"
#include "rules/enrich/letter_case.hpp"

namespace triaged::api {
namespace {

struct Listed {
  const Service* catalogued = nullptr;
  const readmodel::ServiceRow* seen = nullptr;
};

using Services = std::map<std::string_view, Listed>;  // by name

std::string document_of(std::string_view name, const Listed& service) {
  std::string out = "{";
  text_field(out, "name", name);
  field(out, "inCatalogue") += service.catalogued != nullptr ? "true" : "false";
  if (const auto* known = service.catalogued) {
    if (!known->tier.empty()) text_field(out, "tier", known->tier);
    if (!known->owner.empty()) text_field(out, "owner", known->owner);
    if (!known->region.empty()) text_field(out, "region", known->region);
    if (!known->supplier.empty()) text_field(out, "supplier", known->supplier);
    if (!known->runbook.empty()) text_field(out, "runbook", known->runbook);
  }
  static const readmodel::ServiceRow kNeverSeen{};
  const auto& seen = service.seen != nullptr ? *service.seen : kNeverSeen;
  std::string open = "{";
  for (std::size_t priority = 1; priority < std::size(seen.open); ++priority) {
    if (seen.open[priority] == 0) continue;
    field(open, fmt::format("P{}", priority)) += fmt::format("{}", seen.open[priority]);
  }
  field(out, "openIncidents") += open + "}";
  field(out, "firingAlerts") += fmt::format("{}", seen.alerts);
  if (!seen.last_incident.empty()) text_field(out, "lastIncident", seen.last_incident);
  return out + "}";
}

/// Names that hold `part`, letters in either case, behind `after`.
void keep(Services& services, const std::string& part, const std::string& after) {
  const auto wanted = to_lower(part);
  std::erase_if(services, [&](const auto& entry) {
    return (!after.empty() && entry.first <= after) || to_lower(entry.first).find(wanted) == std::string::npos;
  });
}

http::Response list_services(const http::Request& request, readmodel::ReaderPool& readers, const StatusSource& status) {
  QueryParameters parameters(request.query);
  const auto part = parameters.text("q").value_or("");
  const auto request_page = parameters.page();
  if (auto fault = parameters.fault()) return *std::move(fault);
  readmodel::QueryDigest digest;
  digest.add("services");
  digest.add(part);
  std::string after;
  if (!request_page.cursor.empty()) {
    const auto place = readmodel::decode_text_cursor(request_page.cursor, digest.value());
    if (!place) return failure(readmodel::bad_cursor());
    after = *place;
  }

  const auto rows = readers.with([](auto& reader) { return reader.services(); });
  if (!rows) return failure(rows.error());
  const auto bundle = status.bundle();
  Services services;
  for (const auto& row : *rows) services[row.name].seen = &row;
  if (bundle != nullptr) {
    for (const auto& service : bundle->catalogue.services) services[service.name].catalogued = &service;
  }
  keep(services, part, after);
  readmodel::Page page;
  std::string_view last;
  for (const auto& [name, service] : services) {
    if (page.documents.size() == request_page.limit) {
      page.next = readmodel::encode_text_cursor(digest.value(), last);
      break;
    }
    page.documents.push_back(document_of(name, service));
    last = name;
  }
  return list("services", page);
}

}  // namespace

void add_services(http::Router& router, const Parts& parts) {
  auto question = [&status = parts.status](const http::Request& request, readmodel::ReaderPool& readers) {
    return list_services(request, readers, status);
  };
  router.add({http::Method::get, "/api/v1/services", config::Role::read, on_worker(parts, std::move(question))});
}

}  // namespace triaged::api

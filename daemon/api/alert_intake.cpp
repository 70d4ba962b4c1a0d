// POST /api/v2/alerts: alerts as Alertmanager takes them
#include <algorithm>
#include <span>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "connectors/wire/json_text.hpp"
#include "daemon/api/query_parameters.hpp"
#include "daemon/api/resources.hpp"

namespace triaged::api {
namespace {

constexpr std::size_t kRejectionsTold = 20;

std::string rejections_json(const std::vector<wire::Rejection>& rejections) {
  std::string out = "[";
  for (const auto& rejection : std::span(rejections).first(std::min(kRejectionsTold, rejections.size()))) {
    out += out.size() > 1 ? ",{" : "{";
    field(out, "line") += fmt::format("{}", rejection.line);
    text_field(out, "code", rejection.code);
    text_field(out, "reason", rejection.reason);
    out += '}';
  }
  return out + "]";
}

http::Response answer(const AlertReceipt& receipt) {
  if (receipt.refusal) return http::unavailable(receipt.refusal->reason, receipt.refusal->retry_after);
  const auto& rejections = receipt.rejections;
  if (rejections.empty()) return http::json(200, "{}\n");
  const auto detail =
      fmt::format("{} of {} alerts rejected; line {}: {}", rejections.size(), receipt.accepted + rejections.size(),
                  rejections.front().line, rejections.front().reason);
  return http::problem(400, detail,
                       {{"accepted", fmt::format("{}", receipt.accepted)},
                        {"rejected", fmt::format("{}", rejections.size())},
                        {"rejections", rejections_json(rejections)}});
}

void take_alerts(AlertIntake& intake, http::Request request, http::Respond respond) {
  QueryParameters parameters(request.query);
  const auto sources = intake.http_sources();
  const auto wanted = parameters.text("source");
  if (auto fault = parameters.fault()) return respond(*std::move(fault));
  if (sources.empty()) return respond(http::problem(404, "no source of this daemon takes alerts by HTTP"));
  if (wanted && std::ranges::find(sources, *wanted) == sources.end()) {
    return respond(http::problem(404, fmt::format("there is no source \"{}\" that takes alerts by HTTP; there is {}",
                                                  wire::printable(*wanted), fmt::join(sources, ", "))));
  }
  intake.submit(wanted.value_or(sources.front()), std::move(request.body),
                [respond = std::move(respond)](const AlertReceipt& receipt) mutable { respond(answer(receipt)); });
}

}  // namespace

void add_alert_intake(http::Router& router, const Parts& parts) {
  router.add({http::Method::post, "/api/v2/alerts", config::Role::write,
              [&intake = parts.alerts](http::Request request, http::Respond respond) {
                take_alerts(intake, std::move(request), std::move(respond));
              }});
}

}  // namespace triaged::api

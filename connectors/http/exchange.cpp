#include "connectors/http/exchange.hpp"

#include <algorithm>

#include "connectors/http/syntax/compression.hpp"
#include "connectors/http/syntax/target.hpp"

namespace triaged::http {
namespace {

Response with(Response response, std::string name, std::string value) {
  response.headers.push_back({std::move(name), std::move(value)});
  return response;
}

/// Numbers and names without a dot can't be somebody else's entry in the DNS.
bool is_local_name(std::string_view host) {
  if (host.starts_with('[')) return true;
  host = host.substr(0, host.find(':'));
  return host.find('.') == std::string_view::npos || host.ends_with(".localhost") ||
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

bool is_cross_site(const Fields& fields, bool asks_users) {
  const auto origin = fields.find("Origin");
  const std::string_view host = fields.find("Host").value_or("");
  if (origin && !asks_users && !is_local_name(host)) return true;
  if (const auto site = fields.find("Sec-Fetch-Site")) return *site != "same-origin" && *site != "none";
  if (!origin) return false;
  const auto scheme = origin->find("://");
  return scheme == std::string_view::npos || !equal_ignoring_case(origin->substr(scheme + 3), host);
}

std::optional<Response> admit(Exchange& exchange, RequestHead head, const Router& router, bool asks_users) {
  Request& request = exchange.request;
  exchange.method = std::move(head.method);
  exchange.framing = head.framing;
  exchange.expects_continue = head.expects_continue;
  exchange.keep_alive = head.keep_alive;
  exchange.http_1_0 = head.http_1_0;
  request.fields = std::move(head.fields);
  exchange.accepts_gzip = accepts_gzip(request.fields.find("Accept-Encoding").value_or(""));
  if (const auto id = request.fields.find("X-Request-Id"); id && is_request_id(*id)) exchange.id = *id;
  request.id = exchange.id;

  const auto method = parse_method(exchange.method);
  if (!method && (exchange.method == "CONNECT" || exchange.method == "TRACE")) {
    return problem(501, "this method is not served here");
  }
  auto target = parse_target(head.target, request.fields.find("Host").value_or(""));
  if (!target) return problem(target.error().status, std::move(target.error().detail));
  if (target->path == "*") {
    if (method != Method::options) return problem(400, "the target * is for OPTIONS alone");
    return with(empty(204), "Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  }
  auto match = router.match(method, target->segments);
  if (std::holds_alternative<Router::NotFound>(match)) return problem(404, "there is nothing at this path");
  if (auto* other = std::get_if<Router::OtherMethods>(&match)) {
    if (method == Method::options) return with(empty(204), "Allow", std::move(other->allowed));
    return with(problem(405, "this path has other methods"), "Allow", std::move(other->allowed));
  }
  auto& found = std::get<Router::Match>(match);
  exchange.route = found.route;
  request.method = *method;
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  request.captures = std::move(found.captures);
  const bool reads = *method == Method::get || *method == Method::head || *method == Method::options;
  if (!reads && is_cross_site(request.fields, asks_users)) {
    return problem(403, "this comes from a page of another site");
  }
  if (request.fields.count("Authorization") > 1) return problem(400, "Authorization stands there more than once");
  return std::nullopt;
}

std::optional<Response> admit_user(Exchange& exchange, const Verdict& verdict, const Authenticator& authenticator) {
  if (verdict) {
    exchange.user = verdict->name;
    exchange.request.user = *verdict;
    if (verdict->role < *exchange.route->role) return problem(403, "this user may not do that");
    return std::nullopt;
  }
  if (verdict.error() == Denial::limited) {
    return with(problem(429, "too many wrong passwords or tokens have come from this address"), "Retry-After", "10");
  }
  Response response =
      problem(401, verdict.error() == Denial::missing ? "say who you are" : "the password or the token is wrong");
  for (const std::string_view challenge : authenticator.challenges()) {
    response = with(std::move(response), "WWW-Authenticate", std::string(challenge));
  }
  return response;
}

std::optional<Response> admit_body(Exchange& exchange, std::uint64_t limit) {
  const auto* length = std::get_if<std::uint64_t>(&exchange.framing);
  if (length != nullptr && *length > limit) return problem(413, "the body is larger than is taken");
  const Fields& fields = exchange.request.fields;
  const std::string_view encoding = fields.find("Content-Encoding").value_or("identity");
  exchange.gzipped_body = equal_ignoring_case(encoding, "gzip") || equal_ignoring_case(encoding, "x-gzip");
  const bool known = exchange.gzipped_body || equal_ignoring_case(encoding, "identity");
  if (!known || fields.count("Content-Encoding") > 1) {
    return with(problem(415, "the only Content-Encoding is gzip"), "Accept-Encoding", "gzip");
  }
  return std::nullopt;
}

}  // namespace triaged::http

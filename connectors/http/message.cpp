#include "connectors/http/message.hpp"

#include <algorithm>
#include <array>

#include <boost/beast/http/status.hpp>
#include <fmt/format.h>

#include "connectors/wire/json_text.hpp"
#include "rules/model/check.hpp"

namespace triaged::http {
namespace {

constexpr std::array<std::string_view, 7> kMethods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

std::string_view to_string(Method method) { return kMethods.at(static_cast<std::size_t>(method)); }

std::optional<Method> parse_method(std::string_view text) {
  const auto found = std::find(kMethods.begin(), kMethods.end(), text);
  if (found == kMethods.end()) return std::nullopt;
  return static_cast<Method>(found - kMethods.begin());
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

void Fields::add(std::string_view name, std::string_view value) {
  const auto at = static_cast<std::uint32_t>(text_.size());
  text_ += name;
  text_ += value;
  spans_.push_back({at, static_cast<std::uint32_t>(at + name.size()), static_cast<std::uint32_t>(text_.size())});
}

std::string_view Fields::name_of(const Span& span) const {
  return std::string_view(text_).substr(span.name, span.value - span.name);
}

std::optional<std::string_view> Fields::find(std::string_view name) const {
  for (const Span& span : spans_) {
    if (equal_ignoring_case(name_of(span), name)) {
      return std::string_view(text_).substr(span.value, span.end - span.value);
    }
  }
  return std::nullopt;
}

std::size_t Fields::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      spans_.begin(), spans_.end(), [&](const Span& span) { return equal_ignoring_case(name_of(span), name); }));
}

const std::string* find(const Parameters& parameters, std::string_view name) {
  const auto found = std::find_if(parameters.begin(), parameters.end(),
                                  [&](const Parameter& parameter) { return parameter.name == name; });
  return found == parameters.end() ? nullptr : &found->value;
}

const std::string& Request::capture(std::string_view name) const {
  const std::string* value = find(captures, name);
  TRIAGED_CHECK(value != nullptr);
  return *value;
}

Response empty(int status) {
  Response response;
  response.status = status;
  return response;
}

Response json(int status, std::string body) {
  return {.status = status, .content_type = "application/json", .body = std::move(body), .headers = {}, .problem = {}};
}

Response text(int status, std::string body) {
  return {.status = status,
          .content_type = "text/plain; charset=utf-8",
          .body = std::move(body),
          .headers = {},
          .problem = {}};
}

Response problem(int status, std::string detail, std::vector<ProblemMember> members) {
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.problem = Problem{.detail = std::move(detail), .type = "about:blank", .members = std::move(members)};
  return response;
}

Response unavailable(std::string detail, Duration retry_after) {
  Response response = problem(503, std::move(detail));
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(retry_after).count();
  response.headers.push_back({"Retry-After", fmt::format("{}", seconds)});
  return response;
}

Response page(std::string html) {
  return {.status = 200,
          .content_type = "text/html; charset=utf-8",
          .body = std::move(html),
          .headers = {{"Content-Security-Policy",
                       "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
                      {"Referrer-Policy", "no-referrer"}},
          .problem = {}};
}

std::string_view reason(int status) {
  const auto text = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {text.data(), text.size()};
}

std::string render(const Problem& problem, int status, std::string_view request_id) {
  std::string out = R"({"type":)";
  wire::append_string(out, problem.type);
  out += R"(,"title":)";
  wire::append_string(out, reason(status));
  fmt::format_to(std::back_inserter(out), R"(,"status":{})", status);
  if (!problem.detail.empty()) {
    out += R"(,"detail":)";
    wire::append_string(out, problem.detail);
  }
  out += R"(,"instance":)";
  wire::append_string(out, request_id);
  for (const ProblemMember& member : problem.members) {
    out += ',';
    wire::append_string(out, member.name);
    out += ':';
    out += member.json;
  }
  out += "}\n";
  return out;
}

}  // namespace triaged::http

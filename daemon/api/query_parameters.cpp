#include "daemon/api/query_parameters.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/diagnostics.hpp"
#include "connectors/wire/json_text.hpp"
#include "connectors/wire/rfc3339.hpp"

namespace triaged::api {

using wire::printable;

std::vector<std::string> QueryParameters::texts(std::string_view name) {
  asked_.emplace_back(name);
  std::vector<std::string> values;
  for (const auto& parameter : parameters_) {
    if (parameter.name == name) values.push_back(parameter.value);
  }
  if (std::ranges::any_of(values, &std::string::empty)) refuse(name, "has no value");
  return values;
}

std::optional<std::string> QueryParameters::text(std::string_view name) {
  auto values = texts(name);
  if (values.empty()) return std::nullopt;
  if (values.size() > 1) refuse(name, "is given twice");
  return std::move(values.front());
}

std::vector<std::string> QueryParameters::words(std::string_view name) {
  std::vector<std::string> words;
  for (const auto& value : texts(name)) {
    for (std::size_t begin = 0; begin <= value.size();) {
      const auto end = std::min(value.find(',', begin), value.size());
      words.push_back(value.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  return words;
}

std::optional<Time> QueryParameters::time(std::string_view name) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto parsed = wire::parse_time(*value);
  if (!parsed)
    refuse(name, fmt::format("\"{}\" is not an RFC 3339 time such as 2026-03-02T09:30:00Z", printable(*value)));
  return parsed;
}

Matchers QueryParameters::matchers(std::string_view name) {
  Matchers matchers;
  for (const auto& value : texts(name)) {
    auto parsed = Matcher::parse(value);
    if (parsed) {
      matchers.push_back(*std::move(parsed));
    } else {
      refuse(name, fmt::format("\"{}\": {}", printable(value), parsed.error().message));
    }
  }
  return matchers;
}

readmodel::PageRequest QueryParameters::page() {
  readmodel::PageRequest page;
  page.cursor = text("cursor").value_or("");
  const auto limit = text("limit");
  if (!limit) return page;
  const auto parsed = std::from_chars(limit->data(), limit->data() + limit->size(), page.limit);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == limit->data() + limit->size();
  if (!whole || page.limit == 0 || page.limit > readmodel::kMaxPage) {
    refuse("limit", fmt::format("\"{}\" is not a number from 1 to {}", printable(*limit), readmodel::kMaxPage));
  }
  return page;
}

void QueryParameters::refuse(std::string_view name, std::string reason) {
  faults_.push_back({std::string(name), std::move(reason)});
}

void QueryParameters::unknown_word(std::string_view name, std::string_view word,
                                   std::span<const std::string_view> known) {
  const auto nearest = config::nearest(std::string(word), {known.begin(), known.end()});
  refuse(name, fmt::format("\"{}\" is none of {}{}", printable(word), fmt::join(known, ", "),
                           nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest)));
}

std::optional<http::Response> QueryParameters::fault() {
  for (const auto& parameter : parameters_) {
    if (std::ranges::find(asked_, parameter.name) != asked_.end()) continue;
    const auto nearest = config::nearest(parameter.name, asked_);
    faults_.push_back({printable(parameter.name),
                       nearest.empty()
                           ? std::string("is no parameter of this resource")
                           : fmt::format("is no parameter of this resource; did you mean \"{}\"?", nearest)});
  }
  if (faults_.empty()) return std::nullopt;
  std::string json = "[";
  for (const auto& fault : faults_) {
    json += json.size() > 1 ? R"(,{"parameter":)" : R"({"parameter":)";
    wire::append_string(json, fault.parameter);
    json += R"(,"reason":)";
    wire::append_string(json, fault.reason);
    json += '}';
  }
  return http::problem(400, fmt::format("{} {}", faults_.front().parameter, faults_.front().reason),
                       {{"invalidParameters", json + "]"}});
}

}  // namespace triaged::api

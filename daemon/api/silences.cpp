// GET /api/v1/silences, /api/v1/silences/{id}: silences and maintenance windows
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/api/query_parameters.hpp"
#include "daemon/api/resources.hpp"

namespace triaged::api {
namespace {

constexpr std::array<std::string_view, 3> kStates = {"pending", "active", "expired"};

http::Response list_silences(const http::Request& request, readmodel::ReaderPool& readers) {
  QueryParameters parameters(request.query);
  readmodel::SilenceQuery query;
  query.states = parameters.choices("state", kStates, [](std::string_view word) {
    const bool known = std::ranges::find(kStates, word) != kStates.end();
    return known ? std::optional(std::string(word)) : std::nullopt;
  });
  const auto page = parameters.page();
  if (auto fault = parameters.fault()) return *std::move(fault);
  const auto answer = readers.with([&](auto& reader) { return reader.silences(query, page); });
  return answer ? list("silences", *answer) : failure(answer.error());
}

http::Response one_silence(const http::Request& request, readmodel::ReaderPool& readers) {
  if (auto fault = QueryParameters(request.query).fault()) return *std::move(fault);
  const auto& id = request.capture("id");
  auto answer = readers.with([&](auto& reader) { return reader.silence(id); });
  if (!answer) return failure(answer.error());
  return *answer ? http::json(200, **std::move(answer) + "\n") : not_found("silence or maintenance window", id);
}

}  // namespace

void add_silences(http::Router& router, const Parts& parts) {
  using config::Role;
  router.add({http::Method::get, "/api/v1/silences", Role::read, on_worker(parts, list_silences)});
  router.add({http::Method::get, "/api/v1/silences/{id}", Role::read, on_worker(parts, one_silence)});
}

}  // namespace triaged::api

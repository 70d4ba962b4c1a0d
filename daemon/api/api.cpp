#include "daemon/api/api.hpp"

#include <exception>
#include <memory>

#include <fmt/format.h>

#include "connectors/wire/json_text.hpp"
#include "connectors/wire/rfc3339.hpp"
#include "daemon/api/resources.hpp"

namespace triaged::api {

void add_resources(http::Router& router, const Parts& parts) {
  add_incidents(router, parts);
  add_alerts(router, parts);
  add_services(router, parts);
  add_silences(router, parts);
  add_status(router, parts);
  add_commands(router, parts);
  add_alert_intake(router, parts);
  add_operations(router, parts);
}

namespace {

/// A worker has nobody above it who could catch.
http::Response answer(const Question& question, const http::Request& request, readmodel::ReaderPool& readers) {
  try {
    return question(request, readers);
  } catch (const std::exception& fault) {
    return http::problem(500, fault.what());
  }
}

}  // namespace

http::Handler on_worker(const Parts& parts, Question question) {
  return [&workers = parts.workers, &readers = parts.readers, question = std::move(question)](http::Request request,
                                                                                              http::Respond respond) {
    // The answer is owed whether a worker takes the task or not.
    auto owed = std::make_shared<http::Respond>(std::move(respond));
    Workers::Task task = [&readers, question, owed, request = std::move(request)] {
      (*owed)(answer(question, request, readers));
    };
    if (!workers.post(task)) {
      (*owed)(http::unavailable("too many questions wait to be answered", std::chrono::seconds(1)));
    }
  };
}

http::Response failure(const readmodel::QueryError& error) {
  using Kind = readmodel::QueryError::Kind;
  if (error.kind == Kind::damaged) {
    return http::unavailable("what this shows can't be read; where it is damaged it is made again from the log",
                             std::chrono::seconds(1));
  }
  const bool cursor = error.kind == Kind::bad_cursor;
  return http::problem(cursor ? 400 : 500, error.message);
}

http::Response not_found(std::string_view what, std::string_view id) {
  return http::problem(404, fmt::format("there is no {} {}", what, wire::printable(id)));
}

http::Response list(std::string_view name, const readmodel::Page& page) {
  std::size_t size = 128;
  for (const auto& document : page.documents) size += document.size() + 2;
  std::string body;
  body.reserve(size);
  body.append("{\"").append(name).append("\":[");
  for (const auto& document : page.documents) {
    body += body.ends_with('[') ? "\n" : ",\n";
    body += document;
  }
  body += "]";
  if (!page.next.empty()) text_field(body, "next", page.next);
  return http::json(200, body + "}\n");
}

std::string& field(std::string& object, std::string_view name) {
  object += object.ends_with('{') ? "\"" : ",\"";
  return object.append(name).append("\":");
}

void text_field(std::string& object, std::string_view name, std::string_view text) {
  wire::append_string(field(object, name), text);
}

void time_field(std::string& object, std::string_view name, Time time) {
  field(object, name) += '"';
  wire::append_time(object, time);
  object += '"';
}

}  // namespace triaged::api

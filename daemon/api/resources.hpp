// What the files of this folder share. Only they include it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "connectors/http/router.hpp"
#include "connectors/readmodel/read_model_reader.hpp"
#include "daemon/api/api.hpp"

namespace triaged::api {

void add_incidents(http::Router& router, const Parts& parts);
void add_alerts(http::Router& router, const Parts& parts);
void add_services(http::Router& router, const Parts& parts);
void add_silences(http::Router& router, const Parts& parts);
void add_status(http::Router& router, const Parts& parts);
void add_commands(http::Router& router, const Parts& parts);
void add_alert_intake(http::Router& router, const Parts& parts);
void add_operations(http::Router& router, const Parts& parts);

/// Made on a worker, of the request and a reader of the read model.
using Question = std::function<http::Response(const http::Request& request, readmodel::ReaderPool& readers)>;

/// A handler that asks on a worker; 503 where too many wait.
[[nodiscard]] http::Handler on_worker(const Parts& parts, Question question);

/// 500 with what failed, or 400 for a cursor that is none.
[[nodiscard]] http::Response failure(const readmodel::QueryError& error);
[[nodiscard]] http::Response not_found(std::string_view what, std::string_view id);

/// {"NAME": [documents], "next": "cursor"}
[[nodiscard]] http::Response list(std::string_view name, const readmodel::Page& page);

/// One object in the making: `,"name":` before what is appended.
[[nodiscard]] std::string& field(std::string& object, std::string_view name);
void text_field(std::string& object, std::string_view name, std::string_view text);
void time_field(std::string& object, std::string_view name, Time time);

}  // namespace triaged::api

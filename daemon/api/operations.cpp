// GET /metrics, /-/healthy, /-/ready; POST /-/reload: what Prometheus, systemd and people with a shell ask for
#include <string>

#include <fmt/format.h>

#include "config/diagnostics.hpp"
#include "connectors/wire/json_text.hpp"
#include "daemon/api/resources.hpp"

namespace triaged::api {
namespace {

http::Response ready(const Readiness& readiness) {
  const auto reasons = readiness.not_ready();
  if (reasons.empty()) return http::text(200, "ready\n");
  std::string text = "not ready\n";
  for (const auto& reason : reasons) text += reason + "\n";
  return http::text(503, std::move(text));
}

std::string diagnostics_json(const config::Diagnostics& diagnostics) {
  std::string out = "[";
  for (const auto& diagnostic : diagnostics) {
    out += out.size() > 1 ? ",{" : "{";
    text_field(out, "file", diagnostic.file);
    if (diagnostic.line > 0) field(out, "line") += fmt::format("{}", diagnostic.line);
    if (diagnostic.line > 0 && diagnostic.column > 0) field(out, "column") += fmt::format("{}", diagnostic.column);
    text_field(out, "level", diagnostic.level == config::Diagnostic::Level::error ? "error" : "warning");
    text_field(out, "message", diagnostic.message);
    out += '}';
  }
  return out + "]";
}

http::Response reloaded(const ReloadResult& result) {
  if (result.done) {
    std::string out = "{";
    text_field(out, "bundle", result.bundle);
    field(out, "diagnostics") += diagnostics_json(result.diagnostics);
    return http::json(200, out + "}\n");
  }
  auto detail = result.reason;
  for (const auto& diagnostic : result.diagnostics) {
    if (diagnostic.level != config::Diagnostic::Level::error || !detail.empty()) continue;
    detail = fmt::format("{}:{}:{}: {}", diagnostic.file, diagnostic.line, diagnostic.column, diagnostic.message);
  }
  return http::problem(400, "nothing was changed: " + detail, {{"diagnostics", diagnostics_json(result.diagnostics)}});
}

}  // namespace

void add_operations(http::Router& router, const Parts& parts) {
  using config::Role;
  router.add({http::Method::get, "/metrics", Role::read,
              [render = parts.render_metrics](const http::Request& request, http::Respond respond) {
                auto metrics = render(request.fields.find("Accept").value_or(""));
                http::Response response = http::text(200, std::move(metrics.body));
                response.content_type = std::move(metrics.content_type);
                respond(std::move(response));
              }});
  router.add({http::Method::get, "/-/healthy", std::nullopt,
              [](const http::Request& /*request*/, http::Respond respond) { respond(http::text(200, "healthy\n")); }});
  router.add({http::Method::get, "/-/ready", std::nullopt,
              [&readiness = parts.readiness](const http::Request& /*request*/, http::Respond respond) {
                respond(ready(readiness));
              }});
  router.add({http::Method::post, "/-/reload", Role::admin,
              [&reloader = parts.reloader](const http::Request& /*request*/, http::Respond respond) {
                reloader.reload(
                    [respond = std::move(respond)](const ReloadResult& result) mutable { respond(reloaded(result)); });
              }});
}

}  // namespace triaged::api

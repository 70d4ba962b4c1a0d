// What the HTTP server tells, as telemetry.
#pragma once

#include "connectors/http/observer.hpp"
#include "daemon/telemetry/telemetry.hpp"

namespace triaged::app {

/// Thread-safe.
class HttpWatch final : public http::Observer {
 public:
  explicit HttpWatch(telemetry::Telemetry& telemetry) : telemetry_(telemetry) {}
  void finished(const http::FinishedRequest& request) noexcept override;
  void refused(http::RefusedConnection reason, std::string_view peer) noexcept override;

 private:
  telemetry::Telemetry& telemetry_;
};

/// A key for a command whose client chose none: a UUID of version 7 (RFC 9562), never twice the same.
[[nodiscard]] std::string make_command_key();

}  // namespace triaged::app

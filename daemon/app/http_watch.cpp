#include "daemon/app/http_watch.hpp"

#include <random>

#include <fmt/format.h>

#include "connectors/clock/clock.hpp"

namespace triaged::app {

void HttpWatch::finished(const http::FinishedRequest& request) noexcept {
  telemetry_.tell(telemetry::HttpRequest{.id = std::string(request.id),
                                         .method = std::string(request.method),
                                         .route = std::string(request.route),
                                         .path = {},
                                         .code = static_cast<std::uint32_t>(request.status),
                                         .bytes = request.bytes_out,
                                         .took = request.duration,
                                         .user = std::string(request.user),
                                         .address = std::string(request.peer)});
}

void HttpWatch::refused(http::RefusedConnection reason, std::string_view peer) noexcept {
  telemetry_.tell(
      telemetry::ConnectionRefused{.reason = std::string(http::to_string(reason)), .address = std::string(peer)});
}

std::string make_command_key() {
  thread_local std::mt19937_64 random(std::random_device{}());
  const auto milliseconds = static_cast<std::uint64_t>(clock::now().time_since_epoch().count());
  const std::uint64_t a = random();
  const std::uint64_t b = random();
  return fmt::format("{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}", milliseconds >> 16U, milliseconds & 0xFFFFU, a & 0xFFFU,
                     0x8000U | (a >> 16U & 0x3FFFU), b & 0xFFFF'FFFF'FFFFULL);
}

}  // namespace triaged::app

// An HTTP/1.1 server: RFC 9110, 9112; TLS and authentication as the settings say. What a client may cost is bounded:
// see Options and connectors/README.md.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "config/settings/settings.hpp"
#include "connectors/http/auth/failed_logins.hpp"  // LoginLimit
#include "connectors/http/observer.hpp"
#include "connectors/http/router.hpp"

namespace triaged::http {

struct Options {
  config::HttpSettings settings;
  unsigned threads = 1;                                // for I/O
  Duration header_timeout = std::chrono::seconds(5);   // from the first byte of a request, and for the first one of all
  Duration answer_timeout = std::chrono::seconds(60);  // of a handler; then 503, and its answer comes too late
  Duration linger = std::chrono::seconds(2);  // how long a client may take to see the end after the last answer
  std::uint64_t body_memory = std::uint64_t{256} << 20U;  // of all bodies, bytes; at least one body of the largest size
  LoginLimit login_limit{};
};

struct ServerError {
  enum class Kind : std::uint8_t { settings, machine } kind = Kind::settings;
  std::string message;  // a sentence
};

/// Thread-safe.
class Server {
 public:
  /// Listens and serves. `observer` outlives the server. A listener that is not on loopback without TLS and users is an
  /// error.
  [[nodiscard]] static std::expected<std::unique_ptr<Server>, ServerError> start(Options options, Router router,
                                                                                 Observer& observer);
  /// Stops, without grace.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// "127.0.0.1:9595": where it listens, with the port that it got.
  [[nodiscard]] const std::string& address() const;
  [[nodiscard]] std::uint32_t connections() const;

  /// Reads certificates, keys, password and token files again; connections that are there go on as they began. On an
  /// error (a sentence) everything stays as it was.
  [[nodiscard]] std::expected<void, std::string> reload_secrets();

  /// No new connections; requests that have begun have `grace` to be answered, then they are cut. Waits for that.
  /// Handlers must not call it.
  void stop(Duration grace);

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace triaged::http

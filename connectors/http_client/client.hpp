// Requests to an HTTP server, one at a time, by libcurl.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "rules/model/time.hpp"

namespace triaged::http_client {

/// Who is asked, and by whom.
struct Target {
  std::string url;   // "http://127.0.0.1:9595", without a path behind it
  std::string user;  // with `password`: basic; empty: nobody
  std::string password;
  std::string token;    // bearer; empty: none
  std::string ca_file;  // PEM, of who may sign the server's certificate; empty: whom the system trusts
  Duration connect_timeout = std::chrono::seconds(5);
  Duration timeout = std::chrono::seconds(30);  // of all of it
};

struct Answer {
  int status = 0;
  std::string content_type;
  std::string location;
  std::string body;  // decoded
};

struct Error {
  enum class Kind : std::uint8_t {
    unreachable,  // nobody listens there
    timeout,
    tls,
    other,
  } kind = Kind::other;
  std::string message;
};

/// Keeps its connection. No redirects are followed, and no proxy of the environment is used. Not thread-safe.
class Client {
 public:
  explicit Client(Target target);
  ~Client();
  Client(Client&& other) noexcept;
  Client& operator=(Client&& other) noexcept;

  /// `path`: with its query, "/api/v1/incidents?limit=5".
  std::expected<Answer, Error> get(std::string_view path);
  /// `body` is JSON.
  std::expected<Answer, Error> post(std::string_view path, std::string_view body);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// As it may stand in a path's segment or in a query.
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace triaged::http_client

// The head of a response, in bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/http/message.hpp"
#include "rules/model/time.hpp"

namespace triaged::http {

/// "Tue, 15 Nov 1994 08:12:31 GMT" (RFC 9110 section 5.6.7)
[[nodiscard]] std::string to_http_date(Time time);

/// What the server adds to a response.
struct Envelope {
  std::uint64_t length = 0;     // of the body as GET would send it
  bool close = false;           // Connection: close
  bool keep_alive_1_0 = false;  // a client of HTTP/1.0 asked for it, and is told
  bool gzipped = false;
  std::string_view date;
  std::string_view request_id;  // empty: none
};

/// Line ends and other control characters in values become spaces: nothing that a client sent can add a field.
[[nodiscard]] std::string response_head(const Response& response, const Envelope& envelope);

}  // namespace triaged::http

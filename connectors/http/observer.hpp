// What the server tells of its work, for metrics and logs.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "connectors/http/message.hpp"

namespace triaged::http {

/// One request, answered or given up. The texts are valid during the call.
struct FinishedRequest {
  std::string_view method;  // empty: the head was none
  std::string_view route;   // the pattern, never the path; empty: no route
  int status = 0;           // 0: the client was gone before an answer began
  bool cut = false;         // the answer did not get through: the client left or was too slow
  std::chrono::microseconds duration{0};
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::string_view peer;
  std::string_view user;  // empty: nobody
  std::string_view id;
};

enum class RefusedConnection : std::uint8_t { too_many, too_many_of_address, no_descriptors, handshake };
[[nodiscard]] std::string_view to_string(RefusedConnection reason);

/// Called on I/O threads, several at once where there are several: quick, never waiting.
class Observer {
 public:
  Observer() = default;
  virtual ~Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  virtual void finished(const FinishedRequest& request) noexcept = 0;
  virtual void refused(RefusedConnection reason, std::string_view peer) noexcept = 0;
};

}  // namespace triaged::http

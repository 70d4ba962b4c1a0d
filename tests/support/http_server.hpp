// A server with a few routes, and an account of what it did.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "connectors/http/observer.hpp"
#include "connectors/http/server.hpp"

namespace triaged::test {

/// Keeps what it is told. Thread-safe.
class RecordingObserver final : public http::Observer {
 public:
  struct Finished {
    std::string method, route, peer, user, id;
    int status = 0;
    bool cut = false;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
  };
  void finished(const http::FinishedRequest& request) noexcept override;
  void refused(http::RefusedConnection reason, std::string_view peer) noexcept override;

  /// Waits (ten seconds at most) until there are so many; fewer come back if there are not.
  [[nodiscard]] std::vector<Finished> wait_finished(std::size_t count);
  [[nodiscard]] std::vector<http::RefusedConnection> wait_refused(std::size_t count);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Finished> finished_;
  std::vector<http::RefusedConnection> refused_;
};

/// Keeps requests whose handler does not answer at once. Thread-safe.
class PendingAnswers {
 public:
  void add(http::Respond respond);
  /// Waits (ten seconds at most) for the next one.
  [[nodiscard]] std::unique_ptr<http::Respond> next();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<http::Respond>> pending_;
};

/// On 127.0.0.1, any port. Routes:
///   GET /hello → "hello"; POST /echo → the body; GET /large?bytes=N → N bytes of text; POST /later → when the test
///   answers; POST /dropped → nothing; POST /throws; GET /things/{id} → the id; PUT /things/{id}, role admin, open to
///   nobody else; GET /read, role read; POST /small → the body, at most 16 bytes
class TestServer {
 public:
  explicit TestServer(http::Options options = {});
  ~TestServer();

  /// Waits (ten seconds at most) until so many connections are there: a client sees its end before the server has
  /// counted it.
  [[nodiscard]] bool wait_connections(std::uint32_t count) const;

  RecordingObserver observer;
  PendingAnswers later;
  std::unique_ptr<http::Server> server;
  std::string fault;  // why there is none

  [[nodiscard]] const std::string& address() const { return server->address(); }
};

}  // namespace triaged::test

#include "tests/support/http_server.hpp"

#include <chrono>
#include <stdexcept>
#include <thread>

#include "connectors/clock/clock.hpp"

namespace triaged::test {
namespace {

using http::Method;
using http::Request;
using http::Respond;
constexpr std::chrono::seconds kPatience{10};

http::Router make_router(PendingAnswers& later) {
  http::Router router;
  const auto add = [&](Method method, const char* pattern, std::optional<config::Role> role, http::Handler handler,
                       std::uint64_t max_body = UINT64_MAX) {
    router.add({method, pattern, role, std::move(handler), max_body});
  };
  const auto echo = [](const Request& request, Respond respond) { respond(http::text(200, request.body)); };
  add(Method::get, "/hello", {}, [](const Request&, Respond respond) { respond(http::text(200, "hello")); });
  add(Method::post, "/echo", {}, echo);
  add(Method::post, "/small", {}, echo, 16);
  add(Method::get, "/large", {}, [](const Request& request, Respond respond) {
    const std::string* bytes = http::find(request.query, "bytes");
    respond(http::text(200, std::string(bytes == nullptr ? 0 : std::stoul(*bytes), 'x')));
  });
  add(Method::post, "/later", {}, [&later](const Request&, Respond respond) { later.add(std::move(respond)); });
  add(Method::post, "/dropped", {}, [](const Request&, const Respond&) {});
  add(Method::post, "/throws", {}, [](const Request&, const Respond&) { throw std::runtime_error("thrown"); });
  add(Method::get, "/things/{id}", {},
      [](const Request& request, Respond respond) { respond(http::text(200, request.capture("id"))); });
  add(Method::put, "/things/{id}", config::Role::admin,
      [](const Request&, Respond respond) { respond(http::empty(204)); });
  add(Method::get, "/read", config::Role::read, [](const Request& request, Respond respond) {
    respond(http::text(200, request.user ? request.user->name : "nobody"));
  });
  return router;
}

}  // namespace

void RecordingObserver::finished(const http::FinishedRequest& request) noexcept {
  const std::lock_guard lock(mutex_);
  finished_.push_back({std::string(request.method), std::string(request.route), std::string(request.peer),
                       std::string(request.user), std::string(request.id), request.status, request.cut,
                       request.bytes_in, request.bytes_out});
  changed_.notify_all();
}

void RecordingObserver::refused(http::RefusedConnection reason, std::string_view /*peer*/) noexcept {
  const std::lock_guard lock(mutex_);
  refused_.push_back(reason);
  changed_.notify_all();
}

std::vector<RecordingObserver::Finished> RecordingObserver::wait_finished(std::size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kPatience, [&] { return finished_.size() >= count; });
  return finished_;
}

std::vector<http::RefusedConnection> RecordingObserver::wait_refused(std::size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kPatience, [&] { return refused_.size() >= count; });
  return refused_;
}

void PendingAnswers::add(http::Respond respond) {
  const std::lock_guard lock(mutex_);
  pending_.push_back(std::make_unique<http::Respond>(std::move(respond)));
  changed_.notify_all();
}

std::unique_ptr<http::Respond> PendingAnswers::next() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kPatience, [&] { return !pending_.empty(); });
  if (pending_.empty()) return nullptr;
  auto first = std::move(pending_.front());
  pending_.erase(pending_.begin());
  return first;
}

TestServer::TestServer(http::Options options) {
  if (options.settings.listen == config::HttpSettings{}.listen) options.settings.listen = "127.0.0.1:0";
  auto started = http::Server::start(std::move(options), make_router(later), observer);
  if (started) {
    server = std::move(*started);
  } else {
    fault = started.error().message;
  }
}

TestServer::~TestServer() {
  if (server) server->stop(Duration{0});
}

bool TestServer::wait_connections(std::uint32_t count) const {
  const clock::Stopwatch waited;
  while (server->connections() != count) {
    if (waited.elapsed() > std::chrono::seconds(10)) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace triaged::test

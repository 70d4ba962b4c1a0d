#include "connectors/http/server.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>

#include "connectors/http/auth/crypto.hpp"
#include "connectors/http/auth/user_directory.hpp"
#include "connectors/http/connection.hpp"
#include "connectors/http/io_thread.hpp"
#include "connectors/http/listener.hpp"
#include "connectors/http/server_core.hpp"

namespace triaged::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

std::unexpected<ServerError> settings_error(std::string message) {
  return std::unexpected(ServerError{ServerError::Kind::settings, std::move(message)});
}
std::unexpected<ServerError> machine_error(std::string message) {
  return std::unexpected(ServerError{ServerError::Kind::machine, std::move(message)});
}

/// "127.0.0.1:9595", "[::1]:9595", "localhost:0", "name:9595", ":9595" (everywhere).
std::expected<tcp::endpoint, ServerError> parse_listen(const std::string& listen) {
  const auto colon = listen.rfind(':');
  std::uint16_t port = 0;
  if (colon != std::string::npos) {
    const char* const end = listen.data() + listen.size();
    const auto [digits_end, error] = std::from_chars(listen.data() + colon + 1, end, port);
    if (error == std::errc{} && digits_end == end) {
      std::string host = listen.substr(0, colon);
      if (host.empty()) return tcp::endpoint(asio::ip::address_v6::any(), port);
      if (host == "localhost") return tcp::endpoint(asio::ip::address_v4::loopback(), port);
      if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
      error_code bad;
      const auto address = asio::ip::make_address(host, bad);
      if (!bad) return tcp::endpoint(address, port);
      asio::io_context context;
      const auto found = tcp::resolver(context).resolve(host, "", tcp::resolver::passive, bad);
      if (!bad && !found.empty()) return tcp::endpoint(found.begin()->endpoint().address(), port);
    }
  }
  return settings_error(fmt::format("can't listen on \"{}\": an address and a port, such as 127.0.0.1:9595", listen));
}

std::string to_text(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  if (endpoint.address().is_v6()) return fmt::format("[{}]:{}", address, endpoint.port());
  return fmt::format("{}:{}", address, endpoint.port());
}

std::expected<Secrets, std::string> load_secrets(const Options& options) {
  Secrets secrets;
  if (options.settings.tls) {
    auto tls = load_tls(*options.settings.tls);
    if (!tls) return std::unexpected(tls.error());
    secrets.tls = std::move(*tls);
  }
  if (!options.settings.users.empty()) {
    auto users = load_users(options.settings.users, options.login_limit);
    if (!users) return std::unexpected(users.error());
    secrets.authenticator = std::move(*users);
  }
  return secrets;
}

}  // namespace

ServerCore::ServerCore(Options server_options, Router server_router, Observer& server_observer)
    : options(std::move(server_options)),
      router(std::move(server_router)),
      observer(server_observer),
      admission(options.settings.max_connections, options.settings.max_connections_per_address),
      // Room for one body of any size as it came and as it is decompressed.
      body_memory(std::max(options.body_memory, 2 * options.settings.max_body + 1)) {
  for (const char c : random_bytes(4)) id_prefix_ += fmt::format("{:02x}", static_cast<unsigned char>(c));
}

Secrets ServerCore::secrets() const {
  const std::lock_guard lock(mutex_);
  return secrets_;
}

void ServerCore::set_secrets(Secrets secrets) {
  const std::lock_guard lock(mutex_);
  std::swap(secrets_, secrets);
}

std::string ServerCore::new_request_id() { return fmt::format("{}-{:x}", id_prefix_, requests_.fetch_add(1) + 1); }

std::string_view to_string(RefusedConnection reason) {
  switch (reason) {
    case RefusedConnection::too_many: return "too_many";
    case RefusedConnection::too_many_of_address: return "too_many_of_address";
    case RefusedConnection::no_descriptors: return "no_descriptors";
    case RefusedConnection::handshake: return "handshake";
  }
  return "";
}

struct Server::Parts {
  Parts(Options options, Router router, Observer& observer) : core(std::move(options), std::move(router), observer) {}

  std::expected<void, ServerError> listen(const tcp::endpoint& endpoint) {
    const unsigned count = std::max(1U, core.options.threads);
    for (unsigned i = 0; i < count; ++i) threads.push_back(std::make_unique<IoThread>());
    listener.emplace(core, threads);
    if (const auto error = listener->listen(endpoint)) {
      return machine_error(fmt::format("can't listen on {}: {}", core.options.settings.listen, error.message()));
    }
    address = to_text(listener->endpoint());
    listener->accept();
    return {};
  }

  ServerCore core;
  std::vector<std::unique_ptr<IoThread>> threads;
  std::optional<Listener> listener;
  std::string address;
  std::mutex reload_mutex;  // one reload at a time
  std::mutex stop_mutex;
  bool stopped = false;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() { stop(Duration{0}); }

std::expected<std::unique_ptr<Server>, ServerError> Server::start(Options options, Router router, Observer& observer) {
  try {
    const auto endpoint = parse_listen(options.settings.listen);
    if (!endpoint) return std::unexpected(endpoint.error());
    if (!endpoint->address().is_loopback() && (!options.settings.tls || options.settings.users.empty())) {
      return settings_error(fmt::format(
          "listening on {} would let everybody in who reaches this machine: set http.tls and http.users, or listen on "
          "127.0.0.1",
          options.settings.listen));
    }
    auto secrets = load_secrets(options);
    if (!secrets) return settings_error(std::move(secrets.error()));

    auto parts = std::make_unique<Parts>(std::move(options), std::move(router), observer);
    parts->core.set_secrets(std::move(*secrets));
    if (auto listening = parts->listen(*endpoint); !listening) return std::unexpected(listening.error());
    std::unique_ptr<Server> server(new Server(std::move(parts)));
    bool started = server->parts_->core.logins.start();
    for (const auto& thread : server->parts_->threads) started = started && thread->start();
    if (!started) return machine_error("the machine has no thread left for HTTP");
    return server;
  } catch (const std::exception& exception) {  // Asio's, where the machine has no descriptor left
    return machine_error(fmt::format("can't serve HTTP: {}", exception.what()));
  }
}

const std::string& Server::address() const { return parts_->address; }

std::uint32_t Server::connections() const { return parts_->core.admission.count(); }

std::expected<void, std::string> Server::reload_secrets() {
  const std::lock_guard lock(parts_->reload_mutex);
  auto secrets = load_secrets(parts_->core.options);
  if (!secrets) return std::unexpected(std::move(secrets.error()));
  parts_->core.set_secrets(std::move(*secrets));
  return {};
}

void Server::stop(Duration grace) {
  const std::lock_guard lock(parts_->stop_mutex);
  if (std::exchange(parts_->stopped, true)) return;
  parts_->core.draining = true;
  parts_->threads.front()->run_and_wait([this] { parts_->listener->close(); });
  const auto for_each_connection = [this](void (Connection::*action)()) {
    for (const auto& thread : parts_->threads) {
      thread->run_and_wait([&] {
        const auto connections = thread->connections();  // a copy: they leave the set
        for (const auto& connection : connections) (*connection.*action)();
      });
    }
  };
  for_each_connection(&Connection::drain);
  parts_->core.admission.wait_until_empty(grace);
  for_each_connection(&Connection::cut);
  for (const auto& thread : parts_->threads) thread->join();
  parts_->core.logins.join();
}

}  // namespace triaged::http

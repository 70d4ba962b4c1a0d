#include "connectors/http/listener.hpp"

#include <array>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "connectors/http/connection.hpp"

namespace triaged::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// How long it waits where the machine has no descriptor or memory for one more.
constexpr Duration kRetry = std::chrono::milliseconds(100);

constexpr int kMostTurnedAway = 256;  // at a time

constexpr std::string_view kFull =
    "HTTP/1.1 503 Service Unavailable\r\nServer: triaged\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
    "Connection: close\r\n\r\n";

int open_spare() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

asio::ip::address plain(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

}  // namespace

std::string limited_address(const asio::ip::address& address) {
  const asio::ip::address known = plain(address);
  if (known.is_v4() || known.is_loopback()) return known.to_string();
  auto bytes = known.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return asio::ip::address_v6(bytes).to_string() + "/64";
}

Listener::Listener(ServerCore& core, std::span<const std::unique_ptr<IoThread>> threads)
    : core_(core),
      threads_(threads),
      acceptor_(threads.front()->context()),
      retry_(threads.front()->context()),
      spare_(open_spare()) {}

Listener::~Listener() {
  if (spare_ >= 0) ::close(spare_);
}

error_code Listener::listen(const tcp::endpoint& endpoint) {
  try {
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    if (endpoint.protocol() == tcp::v6()) acceptor_.set_option(asio::ip::v6_only(false));
    acceptor_.bind(endpoint);
    acceptor_.listen(tcp::acceptor::max_listen_connections);
    acceptor_.non_blocking(true);
  } catch (const boost::system::system_error& error) {
    return error.code();
  }
  return {};
}

tcp::endpoint Listener::endpoint() const {
  error_code ignored;
  return acceptor_.local_endpoint(ignored);
}

void Listener::accept() {
  asio::io_context& context = threads_[next_]->context();
  acceptor_.async_accept(context,
                         [this](const error_code& error, tcp::socket socket) { on_accept(error, std::move(socket)); });
}

void Listener::on_accept(const error_code& error, tcp::socket socket) {
  if (!acceptor_.is_open()) return;
  if (error && error != asio::error::connection_aborted && error != asio::error::try_again) return on_exhausted();
  if (!error) welcome(std::move(socket));
  accept();
}

void Listener::welcome(tcp::socket socket) {
  error_code error;
  const tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) return;  // gone already
  (void)socket.set_option(tcp::no_delay(true), error);
  const std::string peer = plain(remote.address()).to_string();
  std::string address = limited_address(remote.address());
  Place place(core_.admission, address);
  switch (place.verdict()) {
    case Admission::Verdict::welcome: break;
    case Admission::Verdict::too_many_of_address:
      core_.observer.refused(RefusedConnection::too_many_of_address, peer);
      break;
    case Admission::Verdict::too_many: core_.observer.refused(RefusedConnection::too_many, peer); break;
    case Admission::Verdict::turned_away:
      core_.observer.refused(RefusedConnection::too_many, peer);
      return turn_away(socket);
  }
  IoThread& thread = *threads_[next_];
  next_ = (next_ + 1) % threads_.size();
  std::shared_ptr<Connection> connection;
  try {
    connection =
        std::make_shared<Connection>(core_, thread, std::move(socket), peer, std::move(address), std::move(place));
  } catch (const std::exception&) {  // Asio's, where OpenSSL has no memory for one more
    return;
  }
  if (thread.mailbox()->is_here()) return connection->start();
  thread.mailbox()->post([connection] { connection->start(); });
}

/// As well as it can be done without waiting.
void Listener::turn_away(tcp::socket& socket) const {
  if (core_.secrets().tls) return;
  error_code ignored;
  (void)socket.non_blocking(true, ignored);
  std::array<char, 8192> request;
  socket.read_some(asio::buffer(request), ignored);  // unread bytes would reset the connection
  socket.write_some(asio::buffer(kFull), ignored);
  (void)socket.shutdown(tcp::socket::shutdown_both, ignored);
}

/// No descriptor is left: one is let go, so that those in the queue are told rather than left hanging.
void Listener::on_exhausted() {
  if (spare_ >= 0) {
    ::close(std::exchange(spare_, -1));
    error_code error;
    for (int i = 0; i < kMostTurnedAway && !error; ++i) {
      tcp::socket socket = acceptor_.accept(error);
      if (error) break;
      core_.observer.refused(RefusedConnection::no_descriptors, "");
      turn_away(socket);
    }
  }
  if (spare_ < 0) spare_ = open_spare();
  retry_.expires_after(kRetry);
  retry_.async_wait([this](const error_code& error) {
    if (!error && acceptor_.is_open()) accept();
  });
}

void Listener::close() {
  error_code ignored;
  (void)acceptor_.close(ignored);
  retry_.cancel();
}

}  // namespace triaged::http

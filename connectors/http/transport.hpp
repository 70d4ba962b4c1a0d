// A connected socket, with TLS or without: the same calls for both.
#pragma once

#include <optional>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "connectors/http/tls.hpp"

namespace triaged::http {

/// One thread; one read and one write at a time. Handlers are Asio's.
class Transport {
 public:
  /// Without a context: plain.
  Transport(boost::asio::ip::tcp::socket socket, TlsContext context)
      : socket_(std::move(socket)), context_(std::move(context)) {
    if (context_) tls_.emplace(socket_, *context_);
  }

  [[nodiscard]] bool has_tls() const { return tls_.has_value(); }
  boost::asio::ip::tcp::socket& socket() { return socket_; }

  template <typename Handler>
  void async_handshake(Handler&& handler) {
    tls_->async_handshake(boost::asio::ssl::stream_base::server, std::forward<Handler>(handler));
  }
  template <typename Buffers, typename Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) {
      tls_->async_read_some(buffers, std::forward<Handler>(handler));
    } else {
      socket_.async_read_some(buffers, std::forward<Handler>(handler));
    }
  }
  template <typename Buffers, typename Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) {
      tls_->async_write_some(buffers, std::forward<Handler>(handler));
    } else {
      socket_.async_write_some(buffers, std::forward<Handler>(handler));
    }
  }
  /// Says that nothing more will be written, in TLS.
  template <typename Handler>
  void async_close_notify(Handler&& handler) {
    tls_->async_shutdown(std::forward<Handler>(handler));
  }

  /// What is under way ends with an error.
  void cancel() {
    boost::system::error_code ignored;
    (void)socket_.cancel(ignored);
  }
  void shutdown_send() {
    boost::system::error_code ignored;
    (void)socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  }
  void close() {
    boost::system::error_code ignored;
    (void)socket_.close(ignored);
  }

 private:
  boost::asio::ip::tcp::socket socket_;
  TlsContext context_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
};

}  // namespace triaged::http

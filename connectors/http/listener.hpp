// Takes connections in, and gives each to an I/O thread.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "connectors/http/io_thread.hpp"
#include "connectors/http/server_core.hpp"

namespace triaged::http {

/// What limits count by: the address; of IPv6 the first 64 bits, which one customer has to himself.
[[nodiscard]] std::string limited_address(const boost::asio::ip::address& address);

/// Lives on the first of the I/O threads; outlives their runs.
class Listener {
 public:
  Listener(ServerCore& core, std::span<const std::unique_ptr<IoThread>> threads);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] boost::system::error_code listen(const boost::asio::ip::tcp::endpoint& endpoint);
  [[nodiscard]] boost::asio::ip::tcp::endpoint endpoint() const;
  void accept();
  void close();

 private:
  void on_accept(const boost::system::error_code& error, boost::asio::ip::tcp::socket socket);
  void welcome(boost::asio::ip::tcp::socket socket);
  void turn_away(boost::asio::ip::tcp::socket& socket) const;
  void on_exhausted();

  ServerCore& core_;
  std::span<const std::unique_ptr<IoThread>> threads_;
  std::size_t next_ = 0;  // thread
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer retry_;
  int spare_ = -1;  // a descriptor, to let go when there are none left
};

}  // namespace triaged::http

// One client's connection: reads requests one at a time, has them handled, writes the answers.
//
//   handshake → idle → head → [login] → [memory] → body → handler → writing → idle … → lingering → closed
//
// Each stage but the last has a deadline, kept by one timer of ours: Beast's and Asio's own are not used.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "connectors/clock/clock.hpp"
#include "connectors/http/auth/authenticator.hpp"
#include "connectors/http/exchange.hpp"
#include "connectors/http/io_thread.hpp"
#include "connectors/http/limits/admission.hpp"
#include "connectors/http/limits/memory_budget.hpp"
#include "connectors/http/server_core.hpp"
#include "connectors/http/syntax/body_reader.hpp"
#include "connectors/http/transport.hpp"

namespace triaged::http {

/// Lives on its I/O thread, which owns it from start() to its end; all calls are made there.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// `address`: what limits count by.
  Connection(ServerCore& core, IoThread& thread, boost::asio::ip::tcp::socket socket, std::string peer,
             std::string address, Place place);

  void start();
  /// Ends at once where no request has begun.
  void drain();
  /// Ends at once.
  void cut();

 private:
  enum class Stage : std::uint8_t { handshake, idle, head, login, memory, body, handler, writing, lingering, closed };
  using Error = boost::system::error_code;

  // Reading (connection.cpp)
  void begin_exchange();
  void read_head();
  void on_head_bytes(const Error& error, std::size_t count);
  void parse_buffered();
  void on_head(RequestHead head);
  void authorize();
  void on_verdict(const Verdict& verdict, const Authenticator& authenticator);
  void reserve();
  void read_body();
  void continue_body();
  void take_buffered_body();
  void fill_body();
  [[nodiscard]] bool cover_body();
  void finish_body();
  void call_handler(std::string body);
  [[nodiscard]] std::string_view buffered() const { return {buffer_.data() + begin_, end_ - begin_}; }
  [[nodiscard]] boost::asio::mutable_buffer free_space();
  [[nodiscard]] Duration patience(Duration usual) const;

  // Writing and ending (connection_answer.cpp)
  void on_answer(std::uint64_t number, Response response);
  void refuse(Refusal refusal);
  void send(Response response);
  void write();
  void on_written();
  void report();
  void linger();
  void drain_input();
  void close();

  // Deadlines (connection_answer.cpp)
  void enter(Stage stage, Duration time);
  void arm_timer();
  void on_timer();
  void on_deadline();
  [[nodiscard]] bool gave_up(const Error& error);

  ServerCore& core_;
  IoThread& thread_;
  Transport transport_;
  const std::string peer_;
  const std::string address_;
  const Place place_;

  Stage stage_ = Stage::handshake;
  const clock::Stopwatch age_;
  Duration deadline_{0};   // on age_
  Duration armed_for_{0};  // no later than deadline_, while the timer runs
  bool armed_ = false;
  bool timed_out_ = false;  // what is being read is cancelled, and answered 408
  boost::asio::steady_timer timer_;

  std::array<char, kMaxHead> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;

  std::uint64_t number_ = 0;  // of the exchange; answers to others come too late
  std::optional<Exchange> exchange_;
  std::optional<BodyReader> body_;
  bool body_complete_ = false;  // nothing of this request is still to come
  Reservation reservation_;

  bool last_answer_ = false;
  std::string answer_head_;
  std::string answer_body_;
  std::size_t written_ = 0;
  std::size_t slice_end_ = 0;  // by when the deadline moves on
};

}  // namespace triaged::http

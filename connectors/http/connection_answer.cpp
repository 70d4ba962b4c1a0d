// The second half of a connection: answers, the end, deadlines.
#include <array>
#include <utility>

#include <boost/asio/buffer.hpp>

#include "connectors/http/connection.hpp"
#include "connectors/http/syntax/compression.hpp"
#include "connectors/http/syntax/response_head.hpp"

namespace triaged::http {
namespace {

namespace asio = boost::asio;

/// So much of an answer must get through within one request_timeout: a reader of a byte a second is cut.
constexpr std::size_t kSlice = 256 * 1024;
/// An answer up to this size goes out in one piece, in one TLS record.
constexpr std::size_t kOnePiece = 12 * 1024;
constexpr std::size_t kMinGzip = 1024;

bool has_header(const Response& response, std::string_view name) {
  for (const Header& header : response.headers) {
    if (equal_ignoring_case(header.name, name)) return true;
  }
  return false;
}

}  // namespace

void Connection::on_answer(std::uint64_t number, Response response) {
  if (number == number_ && stage_ == Stage::handler) send(std::move(response));
}

void Connection::refuse(Refusal refusal) {
  send(refusal.status == 503 ? unavailable(std::move(refusal.detail), std::chrono::seconds(1))
                             : problem(refusal.status, std::move(refusal.detail)));
}

void Connection::send(Response response) {
  Exchange& exchange = *exchange_;
  reservation_ = {};
  body_.reset();
  exchange.status = response.status;
  if (response.problem) response.body = render(*response.problem, response.status, exchange.id);
  Envelope envelope{.date = thread_.date(), .request_id = exchange.id};
  if (exchange.accepts_gzip && response.body.size() > kMinGzip && is_compressible(response.content_type) &&
      !has_header(response, "Content-Encoding")) {
    if (std::string zipped = gzip(response.body); !zipped.empty() && zipped.size() < response.body.size()) {
      response.body = std::move(zipped);
      envelope.gzipped = true;
    }
  }
  last_answer_ =
      !exchange.keep_alive || !body_complete_ || core_.draining || place_.verdict() != Admission::Verdict::welcome;
  envelope.length = response.body.size();
  envelope.close = last_answer_;
  envelope.keep_alive_1_0 = exchange.http_1_0;
  answer_head_ = response_head(response, envelope);
  if (exchange.method == "HEAD" || response.status == 204 || response.status == 304) response.body.clear();
  answer_body_ = std::move(response.body);
  if (answer_body_.size() <= kOnePiece) {
    answer_head_ += answer_body_;
    answer_body_.clear();
  }
  written_ = 0;
  slice_end_ = kSlice;
  enter(Stage::writing, core_.options.settings.request_timeout);
  write();
}

void Connection::write() {
  const std::size_t head_left = answer_head_.size() - std::min(written_, answer_head_.size());
  const std::size_t body_written = written_ - (answer_head_.size() - head_left);
  const std::array<asio::const_buffer, 2> rest = {
      asio::buffer(answer_head_.data() + (answer_head_.size() - head_left), head_left),
      asio::buffer(answer_body_.data() + body_written, answer_body_.size() - body_written)};
  transport_.async_write_some(rest, [self = shared_from_this()](const Error& error, std::size_t count) {
    if (self->stage_ == Stage::closed) return;
    self->written_ += count;
    self->exchange_->bytes_out += count;
    if (error) return self->close();
    self->on_written();
  });
}

void Connection::on_written() {
  if (written_ < answer_head_.size() + answer_body_.size()) {
    if (written_ >= slice_end_) {
      slice_end_ = written_ + kSlice;
      enter(Stage::writing, core_.options.settings.request_timeout);
    }
    return write();
  }
  report();
  answer_body_ = {};
  if (last_answer_) return linger();
  begin_exchange();
}

void Connection::report() {
  const Exchange& exchange = *exchange_;
  const bool complete =
      exchange.status != 0 && stage_ == Stage::writing && written_ == answer_head_.size() + answer_body_.size();
  core_.observer.finished({.method = exchange.method,
                           .route = exchange.route != nullptr ? std::string_view(exchange.route->pattern) : "",
                           .status = exchange.status,
                           .cut = !complete,
                           .duration = exchange.watch.elapsed_microseconds(),
                           .bytes_in = exchange.bytes_in,
                           .bytes_out = exchange.bytes_out,
                           .peer = peer_,
                           .user = exchange.user,
                           .id = exchange.id});
  exchange_.reset();
}

/// The client has time to read the answer: closing with bytes unread would reset the connection, and the answer be
/// lost.
void Connection::linger() {
  enter(Stage::lingering, core_.options.linger);
  if (!transport_.has_tls()) {
    transport_.shutdown_send();
    return drain_input();
  }
  transport_.async_close_notify([self = shared_from_this()](const Error& /*error*/) {
    if (self->stage_ == Stage::closed) return;
    self->transport_.shutdown_send();
    self->drain_input();
  });
}

void Connection::drain_input() {
  transport_.socket().async_read_some(asio::buffer(buffer_),
                                      [self = shared_from_this()](const Error& error, std::size_t) {
                                        if (error) return self->close();
                                        self->drain_input();
                                      });
}

void Connection::drain() {
  if (stage_ == Stage::idle || stage_ == Stage::handshake) close();
}

void Connection::cut() { close(); }

void Connection::close() {
  if (stage_ == Stage::closed) return;
  if (exchange_) report();
  stage_ = Stage::closed;
  timer_.cancel();
  transport_.close();
  reservation_ = {};
  thread_.connections().erase(shared_from_this());
}

void Connection::enter(Stage stage, Duration time) {
  stage_ = stage;
  deadline_ = age_.elapsed() + time;
  // A timer that fires early looks again: most deadlines move on before they are due, and cost nothing.
  if (!armed_ || deadline_ < armed_for_) arm_timer();
}

void Connection::arm_timer() {
  armed_ = true;
  armed_for_ = deadline_;
  timer_.expires_after(deadline_ - age_.elapsed());
  timer_.async_wait([self = shared_from_this()](const Error& error) {
    if (!error) self->on_timer();
  });
}

void Connection::on_timer() {
  if (stage_ == Stage::closed) return;
  if (age_.elapsed() < deadline_) return arm_timer();
  armed_ = false;
  on_deadline();
}

void Connection::on_deadline() {
  const bool told_apart = place_.verdict() != Admission::Verdict::welcome;
  switch (stage_) {
    case Stage::idle:
      if (!told_apart) return close();
      [[fallthrough]];
    case Stage::head:
    case Stage::body:
      // The answer is sent when the read has ended: see gave_up().
      timed_out_ = true;
      return transport_.cancel();
    case Stage::login:
    case Stage::memory: return send(unavailable("the server is busy", std::chrono::seconds(1)));
    case Stage::handler: return send(unavailable("the answer took too long", std::chrono::seconds(1)));
    case Stage::handshake: core_.observer.refused(RefusedConnection::handshake, peer_); return close();
    case Stage::writing:
    case Stage::lingering: return close();
    case Stage::closed: return;
  }
}

/// After a read: whether it led to nothing, and the connection has been seen to.
bool Connection::gave_up(const Error& error) {
  if (stage_ == Stage::closed) return true;
  if (!timed_out_) {
    if (error) close();
    return static_cast<bool>(error);
  }
  timed_out_ = false;
  if (!exchange_) exchange_.emplace();
  exchange_->keep_alive = false;
  if (place_.verdict() != Admission::Verdict::welcome) {
    send(unavailable("there are too many connections", std::chrono::seconds(1)));
  } else {
    refuse({408, "the request took too long to come"});
  }
  return true;
}

}  // namespace triaged::http

#include "connectors/http/connection.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

namespace triaged::http {
namespace {

namespace asio = boost::asio;

/// What is set aside for a body in chunks, whose size nobody knows yet.
constexpr std::uint64_t kFirstChunks = 64 * 1024;
/// One that is told that there are too many connections may say what it wants first.
constexpr Duration kPatienceWhenFull = std::chrono::seconds(1);

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Connection::Connection(ServerCore& core, IoThread& thread, asio::ip::tcp::socket socket, std::string peer,
                       std::string address, Place place)
    : core_(core),
      thread_(thread),
      transport_(std::move(socket), core.secrets().tls),
      peer_(std::move(peer)),
      address_(std::move(address)),
      place_(std::move(place)),
      timer_(thread.context()) {}

void Connection::start() {
  thread_.connections().insert(shared_from_this());
  if (core_.draining) return close();
  if (!transport_.has_tls()) return begin_exchange();
  enter(Stage::handshake, core_.options.header_timeout);
  transport_.async_handshake([self = shared_from_this()](const Error& error) {
    if (!error) return self->begin_exchange();
    if (self->stage_ != Stage::closed) self->core_.observer.refused(RefusedConnection::handshake, self->peer_);
    self->close();
  });
}

void Connection::begin_exchange() {
  if (stage_ == Stage::closed) return;
  const bool first = number_++ == 0;
  exchange_.reset();
  body_.reset();
  body_complete_ = false;
  const auto& options = core_.options;
  enter(Stage::idle, patience(first ? options.header_timeout : options.settings.idle_timeout));
  if (core_.draining && buffered().empty()) return close();
  if (buffered().empty()) return read_head();
  parse_buffered();
}

Duration Connection::patience(Duration usual) const {
  return place_.verdict() == Admission::Verdict::welcome ? usual : std::min(usual, kPatienceWhenFull);
}

asio::mutable_buffer Connection::free_space() {
  if (begin_ > 0) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  return asio::buffer(buffer_.data() + end_, buffer_.size() - end_);
}

void Connection::read_head() {
  transport_.async_read_some(free_space(), [self = shared_from_this()](const Error& error, std::size_t count) {
    self->on_head_bytes(error, count);
  });
}

void Connection::on_head_bytes(const Error& error, std::size_t count) {
  if (gave_up(error)) return;
  end_ += count;
  parse_buffered();
}

void Connection::parse_buffered() {
  if (stage_ == Stage::idle) {
    enter(Stage::head,
          place_.verdict() == Admission::Verdict::welcome ? core_.options.header_timeout : kPatienceWhenFull);
    exchange_.emplace();
    exchange_->id = core_.new_request_id();
    // One empty line before a request is forgiven (RFC 9112 section 2.2).
    if (buffered().starts_with("\r\n")) begin_ += 2;
  }
  exchange_->bytes_in = buffered().size();
  const std::size_t size = head_size(buffered());
  if (size == 0) {
    if (auto good = check_bytes(buffered()); !good) return refuse(std::move(good.error()));
    if (buffered().size() < kMaxHead) return read_head();
    const bool in_first_line = buffered().find('\n') == std::string_view::npos;
    return refuse({in_first_line ? 414 : 431, "the request line and the header are longer than 8 KiB"});
  }
  auto head = parse_head(buffered().substr(0, size));
  begin_ += size;
  exchange_->bytes_in = size;
  if (!head) return refuse(std::move(head.error()));
  on_head(std::move(*head));
}

void Connection::on_head(RequestHead head) {
  if (place_.verdict() != Admission::Verdict::welcome) {
    return send(unavailable("there are too many connections", std::chrono::seconds(1)));
  }
  const auto* length = std::get_if<std::uint64_t>(&head.framing);
  body_complete_ = length != nullptr && *length == 0;
  const bool asks_users = core_.secrets().authenticator != nullptr;
  if (auto response = admit(*exchange_, std::move(head), core_.router, asks_users)) return send(std::move(*response));
  exchange_->request.peer = peer_;
  enter(Stage::login, core_.options.settings.request_timeout);
  authorize();
}

void Connection::authorize() {
  const auto authenticator = core_.secrets().authenticator;
  if (!exchange_->route->role || authenticator == nullptr) return reserve();
  std::string authorization(exchange_->request.fields.find("Authorization").value_or(""));
  if (const auto verdict = authenticator->quick(authorization, address_)) return on_verdict(*verdict, *authenticator);
  if (core_.waiting_logins.fetch_add(1) >= kMaxWaitingLogins) {
    core_.waiting_logins.fetch_sub(1);
    return send(unavailable("too many passwords are being checked", std::chrono::seconds(1)));
  }
  core_.logins.mailbox()->post([&core = core_, weak = weak_from_this(), home = thread_.mailbox(), authenticator,
                                authorization = std::move(authorization), address = address_, number = number_] {
    const Verdict verdict = authenticator->check(authorization, address);
    core.waiting_logins.fetch_sub(1);
    home->post([weak, authenticator, verdict, number] {
      const auto self = weak.lock();
      if (self && self->number_ == number && self->stage_ == Stage::login) self->on_verdict(verdict, *authenticator);
    });
  });
}

void Connection::on_verdict(const Verdict& verdict, const Authenticator& authenticator) {
  if (auto response = admit_user(*exchange_, verdict, authenticator)) return send(std::move(*response));
  reserve();
}

void Connection::reserve() {
  const std::uint64_t limit = std::min(core_.options.settings.max_body, exchange_->route->max_body);
  if (auto response = admit_body(*exchange_, limit)) return send(std::move(*response));
  if (body_complete_) return call_handler({});
  const auto* length = std::get_if<std::uint64_t>(&exchange_->framing);
  const std::uint64_t bytes = length != nullptr ? *length : std::min(limit, kFirstChunks);
  reservation_ = core_.body_memory.try_take(bytes);
  if (reservation_.held()) return read_body();
  stage_ = Stage::memory;
  core_.body_memory.take(bytes, [weak = weak_from_this(), home = thread_.mailbox(), number = number_](Reservation got) {
    home->post([weak, number, got = std::move(got)]() mutable {
      const auto self = weak.lock();
      if (!self || self->number_ != number || self->stage_ != Stage::memory) return;
      self->reservation_ = std::move(got);
      self->read_body();
    });
  });
}

void Connection::read_body() {
  stage_ = Stage::body;
  const std::uint64_t limit = std::min(core_.options.settings.max_body, exchange_->route->max_body);
  body_.emplace(exchange_->framing, limit, exchange_->gzipped_body);
  if (!exchange_->expects_continue || !buffered().empty()) return take_buffered_body();
  // So short that the kernel takes it whole.
  transport_.async_write_some(asio::buffer(kContinue),
                              [self = shared_from_this()](const Error& error, std::size_t count) {
                                if (self->gave_up(error)) return;
                                if (count < kContinue.size()) return self->close();
                                self->fill_body();
                              });
}

void Connection::take_buffered_body() {
  const auto taken = body_->take(buffered());
  if (!taken) return refuse(taken.error());
  begin_ += *taken;
  exchange_->bytes_in += *taken;
  continue_body();
}

void Connection::continue_body() {
  if (!cover_body()) return send(unavailable("there is no memory for the body", std::chrono::seconds(1)));
  if (body_->done()) return finish_body();
  fill_body();
}

void Connection::fill_body() {
  const auto space = body_->space();
  if (space.empty()) {
    return transport_.async_read_some(free_space(), [self = shared_from_this()](const Error& error, std::size_t count) {
      if (self->gave_up(error)) return;
      self->end_ += count;
      self->take_buffered_body();
    });
  }
  transport_.async_read_some(asio::buffer(space.data(), space.size()),
                             [self = shared_from_this()](const Error& error, std::size_t count) {
                               if (self->gave_up(error)) return;
                               self->exchange_->bytes_in += count;
                               self->body_->filled(count);
                               self->continue_body();
                             });
}

bool Connection::cover_body() {
  const std::uint64_t held = reservation_.bytes();
  return body_->size() <= held || reservation_.extend(std::max(held, body_->size() - held));
}

void Connection::finish_body() {
  body_complete_ = true;
  auto body = body_->finish([this](std::uint64_t bytes) { return reservation_.extend(bytes); });
  body_.reset();
  if (!body) return refuse(std::move(body.error()));
  call_handler(std::move(*body));
}

void Connection::call_handler(std::string body) {
  enter(Stage::handler, core_.options.answer_timeout);
  exchange_->request.body = std::move(body);
  Respond respond([weak = weak_from_this(), home = thread_.mailbox(), number = number_](Response response) mutable {
    if (home->is_here()) {
      if (const auto self = weak.lock()) self->on_answer(number, std::move(response));
      return;
    }
    home->post([weak, number, response = std::move(response)]() mutable {
      if (const auto self = weak.lock()) self->on_answer(number, std::move(response));
    });
  });
  try {
    exchange_->route->handler(std::move(exchange_->request), std::move(respond));
  } catch (...) {
    return;  // what was thrown took the Respond with it, which has answered
  }
}

}  // namespace triaged::http

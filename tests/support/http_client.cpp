#include "tests/support/http_client.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connectors/http/message.hpp"

namespace triaged::test {

struct HttpClient::Tls {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* session = nullptr;
  ~Tls() {
    SSL_free(session);
    SSL_CTX_free(context);
  }
};

namespace {

std::string field_of(std::string_view head, std::string_view name, bool& found) {
  found = false;
  for (std::size_t begin = head.find("\r\n") + 2; begin + 2 < head.size();) {
    const auto end = head.find("\r\n", begin);
    const std::string_view line = head.substr(begin, end - begin);
    const auto colon = std::min(line.find(':'), line.size());
    if (http::equal_ignoring_case(line.substr(0, colon), name)) {
      found = true;
      const auto value = line.find_first_not_of(' ', colon + 1);
      return std::string(line.substr(std::min(value, line.size())));
    }
    begin = end + 2;
  }
  return {};
}

}  // namespace

std::string HttpAnswer::field(std::string_view name) const {
  bool found = false;
  return field_of(head, name, found);
}

bool HttpAnswer::has(std::string_view name) const {
  bool found = false;
  field_of(head, name, found);
  return found;
}

HttpClient::HttpClient(const std::string& address, int receive_buffer) {
  const auto colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{10, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (receive_buffer > 0) setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  failed_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0;
}

HttpClient::HttpClient(const std::string& address, const TlsClient& tls) : HttpClient(address) {
  tls_ = std::make_unique<Tls>();
  SSL_CTX_set_verify(tls_->context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_load_verify_locations(tls_->context, tls.authorities.c_str(), nullptr);
  if (tls.max_version != 0) {
    SSL_CTX_set_security_level(tls_->context, 0);
    SSL_CTX_set_min_proto_version(tls_->context, 0);
    SSL_CTX_set_max_proto_version(tls_->context, tls.max_version);
  }
  if (!tls.certificate.empty()) {
    SSL_CTX_use_certificate_chain_file(tls_->context, tls.certificate.c_str());
    SSL_CTX_use_PrivateKey_file(tls_->context, tls.key.c_str(), SSL_FILETYPE_PEM);
  }
  tls_->session = SSL_new(tls_->context);
  SSL_set_fd(tls_->session, socket_);
  failed_ = failed_ || SSL_connect(tls_->session) != 1;
}

HttpClient::~HttpClient() {
  if (socket_ >= 0) ::close(socket_);
}

bool HttpClient::connected() const { return !failed_; }

bool HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = tls_ ? SSL_write(tls_->session, bytes.data(), static_cast<int>(bytes.size()))
                              : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void HttpClient::finish() { ::shutdown(socket_, SHUT_WR); }

bool HttpClient::fill() {
  std::array<char, 16384> bytes;
  const ssize_t count = tls_ ? SSL_read(tls_->session, bytes.data(), static_cast<int>(bytes.size()))
                             : ::recv(socket_, bytes.data(), bytes.size(), 0);
  if (count <= 0) {
    failed_ = true;
    return false;
  }
  received_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

HttpAnswer HttpClient::receive(bool head_only) {
  HttpAnswer answer;
  std::size_t end = 0;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return answer;
  }
  answer.head = received_.substr(0, end + 4);
  received_.erase(0, end + 4);
  const int status = std::stoi(answer.head.substr(9, 3));
  const std::string length = answer.field("Content-Length");
  const std::size_t size = head_only || length.empty() ? 0 : std::stoul(length);
  while (received_.size() < size) {
    if (!fill()) return answer;
  }
  answer.body = received_.substr(0, size);
  received_.erase(0, size);
  answer.status = status;
  return answer;
}

std::string HttpClient::receive_all() {
  while (fill()) {
  }
  return std::exchange(received_, {});
}

bool HttpClient::ended() {
  errno = 0;
  return received_.empty() && !fill() && errno != EAGAIN;
}

HttpAnswer HttpClient::ask(std::string_view method, std::string_view target, std::string_view fields,
                           std::string_view body) {
  std::string request = fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\n{}", method, target, fields);
  if (!body.empty()) request += fmt::format("Content-Length: {}\r\n", body.size());
  request += "\r\n";
  request += body;
  if (!send(request)) return {};
  return receive(method == "HEAD");
}

}  // namespace triaged::test

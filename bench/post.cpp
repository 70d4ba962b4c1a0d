// bench_post HOST:PORT FILE [--batch 64] [--connections 4] [--alerts N] [--again 0]: posts the alerts of an NDJSON
// file, so many a post, over so many connections that are kept alive; each sends its next post when it has read the
// answer to the one before. Bodies are made before the clock starts, and one thread does it all, so that the client
// costs little and the same whoever is asked. The RESULT line has the rate of accepted alerts, the client's processor
// time, and the time of a post from its first byte out to the answer's last byte in. With --again 1 what was refused
// (503) is posted again a little later, as Prometheus does.
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/measure.hpp"

namespace {

struct Arguments {
  std::string host;
  std::string port;
  std::string file;
  bool again = false;
  std::size_t batch = 64;
  std::size_t connections = 4;
  std::size_t alerts = SIZE_MAX;
};

struct Post {
  std::string bytes;
  std::size_t alerts = 0;
};

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "bench_post: %s\n", why.c_str());
  std::exit(1);
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  if (argc < 3) fail("HOST:PORT FILE [--batch N] [--connections N] [--alerts N] [--again 1]");
  const std::string_view address = argv[1];
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos) fail("an address is HOST:PORT");
  arguments.host = address.substr(0, colon);
  arguments.port = address.substr(colon + 1);
  arguments.file = argv[2];
  for (int i = 3; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    const std::size_t value = std::strtoul(argv[i + 1], nullptr, 10);
    if (option == "--batch") {
      arguments.batch = value;
    } else if (option == "--connections") {
      arguments.connections = value;
    } else if (option == "--alerts") {
      arguments.alerts = value;
    } else if (option == "--again") {
      arguments.again = value != 0;
    } else {
      fail("unknown option " + std::string(option));
    }
  }
  return arguments;
}

/// The alert as a client posts it: when it was received is the receiver's to know.
std::string_view without_received_at(std::string& line) {
  constexpr std::string_view kField = R"(,"receivedAt":")";
  const auto at = line.find(kField);
  if (at != std::string::npos) line.erase(at, line.find('"', at + kField.size()) + 1 - at);
  return line;
}

std::vector<Post> make_posts(const Arguments& arguments) {
  std::ifstream file(arguments.file);
  if (!file) fail("can't open " + arguments.file);
  std::vector<Post> posts;
  std::string body;
  std::size_t in_body = 0;
  const auto finish = [&] {
    if (in_body == 0) return;
    body += ']';
    Post& post = posts.emplace_back();
    post.alerts = std::exchange(in_body, 0);
    post.bytes = "POST /api/v2/alerts HTTP/1.1\r\nHost: " + arguments.host +
                 "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                 body;
    body.clear();
  };
  std::string line;
  for (std::size_t count = 0; count < arguments.alerts && std::getline(file, line); ++count) {
    body += in_body++ == 0 ? '[' : ',';
    body += without_received_at(line);
    if (in_body == arguments.batch) finish();
  }
  finish();
  return posts;
}

/// The next post for whoever is free.
class Queue {
 public:
  explicit Queue(std::vector<Post> posts) : posts_(std::move(posts)) {}
  const Post* next() { return at_ < posts_.size() ? &posts_[at_++] : nullptr; }
  [[nodiscard]] std::size_t size() const { return posts_.size(); }

 private:
  std::vector<Post> posts_;
  std::size_t at_ = 0;
};

struct Totals {
  std::size_t alerts = 0;
  std::size_t refused = 0;  // posts that were not answered with 200
  std::string first_refusal;
  std::vector<double> seconds;  // of posts
};

class Connection {
 public:
  explicit Connection(const Arguments& arguments) : again_(arguments.again) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(arguments.host.c_str(), arguments.port.c_str(), &hints, &found) != 0) fail("no such host");
    socket_ = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(socket_, found->ai_addr, found->ai_addrlen) != 0) fail(std::string("connect: ") + std::strerror(errno));
    freeaddrinfo(found);
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~Connection() { close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] bool busy() const { return post_ != nullptr; }
  /// It was refused, and waits before it posts the same again.
  [[nodiscard]] bool rests() const { return resting_; }
  void maybe_post_again() {
    if (resting_ && watch_.wall() >= kRest) begin(post_);
  }
  [[nodiscard]] pollfd awaited() const {
    return {socket_, static_cast<short>(sent_ < post_->bytes.size() ? POLLIN | POLLOUT : POLLIN), 0};
  }

  void begin(const Post* post) {
    post_ = post;
    resting_ = false;
    sent_ = 0;
    answer_.clear();
    if (post_ == nullptr) return;
    watch_ = {};
    write_some();
  }

  /// True: the answer is whole, counted in `totals`, and final.
  bool go_on(short ready, Totals& totals) {
    if ((ready & POLLOUT) != 0) write_some();
    if ((ready & ~POLLOUT) == 0) return false;
    char piece[4096];
    const ssize_t got = recv(socket_, piece, sizeof piece, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (got <= 0) fail("the server closed a connection");
    answer_.append(piece, static_cast<std::size_t>(got));
    const auto size = answer_size();
    if (!size || answer_.size() < *size) return false;
    totals.seconds.push_back(watch_.wall());
    if (answer_.compare(9, 3, "200") == 0) {
      totals.alerts += post_->alerts;
      return true;
    }
    if (totals.refused++ == 0) totals.first_refusal = answer_;
    resting_ = again_ && answer_.compare(9, 3, "503") == 0;
    watch_ = {};
    return !resting_;
  }

 private:
  void write_some() {
    const ssize_t sent =
        send(socket_, post_->bytes.data() + sent_, post_->bytes.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) sent_ += static_cast<std::size_t>(sent);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) fail(std::string("send: ") + std::strerror(errno));
  }

  [[nodiscard]] std::optional<std::size_t> answer_size() const {
    const auto end = answer_.find("\r\n\r\n");
    if (end == std::string::npos) return std::nullopt;
    for (std::size_t at = answer_.find("\r\n"); at < end; at = answer_.find("\r\n", at + 2)) {
      constexpr std::string_view kLength = "content-length:";
      const char* const field = answer_.c_str() + at + 2;
      if (strncasecmp(field, kLength.data(), kLength.size()) != 0) continue;
      return end + 4 + std::strtoul(field + kLength.size(), nullptr, 10);
    }
    fail("an answer without Content-Length: " + answer_);
  }

  static constexpr double kRest = 0.1;  // seconds

  bool again_;
  bool resting_ = false;
  int socket_ = -1;
  const Post* post_ = nullptr;
  std::size_t sent_ = 0;
  std::string answer_;
  bench::WallStopwatch watch_;
};

double quantile(const std::vector<double>& sorted, double part) {
  return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  Queue queue(make_posts(arguments));
  std::vector<std::unique_ptr<Connection>> connections;
  for (std::size_t i = 0; i < arguments.connections; ++i) {
    connections.push_back(std::make_unique<Connection>(arguments));
  }
  Totals totals;
  totals.seconds.reserve(queue.size());
  const bench::Stopwatch stopwatch;
  for (const auto& connection : connections) connection->begin(queue.next());
  std::vector<pollfd> awaited;
  std::vector<Connection*> waiting;
  for (;;) {
    awaited.clear();
    waiting.clear();
    int patience = -1;
    for (const auto& connection : connections) {
      connection->maybe_post_again();
      if (!connection->busy()) continue;
      if (connection->rests()) patience = 10;
      awaited.push_back(connection->awaited());
      waiting.push_back(connection.get());
    }
    if (waiting.empty()) break;
    if (poll(awaited.data(), awaited.size(), patience) < 0 && errno != EINTR) fail("poll");
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (awaited[i].revents != 0 && waiting[i]->go_on(awaited[i].revents, totals)) waiting[i]->begin(queue.next());
    }
  }
  const double wall = stopwatch.wall();
  std::ranges::sort(totals.seconds);
  if (totals.refused != 0 && !arguments.again)
    std::fprintf(stderr, "first refusal: %s\n", totals.first_refusal.c_str());
  std::printf(
      "RESULT alerts=%zu posts=%zu refused=%zu wall=%.3f rate=%.0f client_cpu=%.2f p50_ms=%.3f p99_ms=%.3f "
      "max_ms=%.3f\n",
      totals.alerts, totals.seconds.size(), totals.refused, wall, static_cast<double>(totals.alerts) / wall,
      stopwatch.cpu(), quantile(totals.seconds, 0.5) * 1e3, quantile(totals.seconds, 0.99) * 1e3,
      quantile(totals.seconds, 1) * 1e3);
}

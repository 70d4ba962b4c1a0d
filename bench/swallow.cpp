// bench_swallow: takes whatever is posted to a port of its choice, which it prints, and answers 200: where a server
// that is measured sends its notifications. Ends with its standard input.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

/// Bytes of a request that are not there yet; its head is read up to the blank line.
struct Client {
  std::string head;
  std::size_t body_left = 0;
};

int listen_somewhere() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, generic, size) != 0 || listen(listener, 64) != 0 || getsockname(listener, generic, &size) != 0) {
    std::perror("bench_swallow");
    std::exit(1);
  }
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return listener;
}

std::size_t content_length(std::string_view head) {
  constexpr std::string_view kLength = "\r\ncontent-length:";
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  const auto found = std::search(head.begin(), head.end(), kLength.begin(), kLength.end(), same);
  return found == head.end() ? 0 : std::strtoul(&*found + kLength.size(), nullptr, 10);
}

/// False: the client has gone.
bool take(int socket, Client& client) {
  static char piece[1 << 16];
  const ssize_t got = recv(socket, piece, sizeof piece, 0);
  if (got <= 0) return false;
  std::string_view bytes(piece, static_cast<std::size_t>(got));
  while (!bytes.empty()) {
    if (client.body_left == 0) {
      client.head += bytes;
      const auto end = client.head.find("\r\n\r\n");
      if (end == std::string::npos) return true;
      bytes.remove_prefix(bytes.size() - (client.head.size() - end - 4));
      client.head.resize(end + 4);
      client.body_left = content_length(client.head);
      client.head.clear();
    }
    const std::size_t taken = std::min(client.body_left, bytes.size());
    client.body_left -= taken;
    bytes.remove_prefix(taken);
    if (client.body_left != 0) return true;
    constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    if (send(socket, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) < 0) return false;
  }
  return true;
}

}  // namespace

int main() {
  const int listener = listen_somewhere();
  std::map<int, Client> clients;
  for (;;) {
    std::vector<pollfd> awaited{{STDIN_FILENO, POLLIN, 0}, {listener, POLLIN, 0}};
    for (const auto& [socket, client] : clients) awaited.push_back({socket, POLLIN, 0});
    if (poll(awaited.data(), awaited.size(), -1) < 0) continue;
    if (awaited[0].revents != 0) return 0;
    for (const pollfd& one : awaited) {
      if (one.fd == listener && one.revents != 0) clients[accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)] = {};
      const auto client = clients.find(one.fd);
      if (one.revents == 0 || client == clients.end() || take(one.fd, client->second)) continue;
      close(one.fd);
      clients.erase(client);
    }
  }
}

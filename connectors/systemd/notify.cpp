#include "connectors/systemd/notify.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace triaged::systemd {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? std::string_view() : value;
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A status is one line: what follows a line end would be another assignment.
std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return line;
}

}  // namespace

std::optional<Duration> parse_watchdog(std::string_view microseconds, std::string_view pid, int own_pid) {
  const auto interval = number(microseconds);
  if (!interval || *interval <= 0) return std::nullopt;
  if (!pid.empty() && number(pid) != own_pid) return std::nullopt;
  return std::max(Duration{1}, std::chrono::floor<Duration>(std::chrono::microseconds(*interval)) / 2);
}

Notifier Notifier::from_environment() {
  auto notifier =
      make(variable("NOTIFY_SOCKET"), parse_watchdog(variable("WATCHDOG_USEC"), variable("WATCHDOG_PID"), ::getpid()));
  return notifier ? std::move(*notifier) : Notifier();
}

std::expected<Notifier, std::string> Notifier::make(std::string_view socket, std::optional<Duration> watchdog) {
  Notifier notifier;
  if (socket.empty()) return notifier;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if ((socket[0] != '/' && socket[0] != '@') || socket.size() < 2) {
    return std::unexpected(fmt::format("NOTIFY_SOCKET is no path and no abstract name: {}", socket));
  }
  if (socket.size() >= sizeof(address.sun_path)) return std::unexpected("NOTIFY_SOCKET is too long");
  std::memcpy(address.sun_path, socket.data(), socket.size());
  if (socket[0] == '@') address.sun_path[0] = '\0';
  notifier.descriptor_ = files::FileDescriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!notifier.descriptor_.valid()) return std::unexpected(std::string("no socket: ") + std::strerror(errno));
  // A manager that does not read must not hold us up for long.
  const timeval patience{1, 0};
  (void)::setsockopt(notifier.descriptor_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  notifier.address_.assign(reinterpret_cast<const char*>(&address), offsetof(sockaddr_un, sun_path) + socket.size());
  notifier.watchdog_ = watchdog;
  return notifier;
}

bool Notifier::send(std::string_view message) const {
  if (!listening()) return false;
  sockaddr_un address{};
  std::memcpy(&address, address_.data(), address_.size());
  const auto length = static_cast<socklen_t>(address_.size());
  ssize_t sent = 0;
  do {
    sent = ::sendto(descriptor_.get(), message.data(), message.size(), MSG_NOSIGNAL,
                    reinterpret_cast<const sockaddr*>(&address), length);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(message.size());
}

bool Notifier::ready(std::string_view status) const {
  return send(fmt::format("READY=1\nSTATUS={}", one_line(status)));
}

bool Notifier::reloading(std::chrono::microseconds monotonic) const {
  return send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic.count()));
}

bool Notifier::stopping(std::string_view status) const {
  return send(fmt::format("STOPPING=1\nSTATUS={}", one_line(status)));
}

bool Notifier::status(std::string_view status) const { return send(fmt::format("STATUS={}", one_line(status))); }

bool Notifier::alive() const { return send("WATCHDOG=1"); }

bool Notifier::extend_timeout(Duration duration) const {
  return send(fmt::format("EXTEND_TIMEOUT_USEC={}", std::chrono::microseconds(duration).count()));
}

}  // namespace triaged::systemd

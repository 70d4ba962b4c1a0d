// What systemd is told by a service of Type=notify: sd_notify(3)'s protocol, one datagram a message.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/files/file_descriptor.hpp"
#include "rules/model/time.hpp"

namespace triaged::systemd {

/// Does nothing where no service manager listens. A message that can't be sent is lost: nothing depends on it but what
/// systemd does next. Thread-safe once made.
class Notifier {
 public:
  /// From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID of the environment. Call before there are threads.
  static Notifier from_environment();
  /// `socket`: a path, or '@' and an abstract name; empty: nobody listens. The error says why it can't be one.
  static std::expected<Notifier, std::string> make(std::string_view socket, std::optional<Duration> watchdog);

  [[nodiscard]] bool listening() const { return descriptor_.valid(); }
  /// How often to call alive(): half of what systemd waits. Nothing: it does not wait.
  [[nodiscard]] std::optional<Duration> watchdog() const { return watchdog_; }

  /// Started, or done with a reload. `status`: one line for people, here and below.
  bool ready(std::string_view status) const;
  /// Begins a reload; `monotonic`: of CLOCK_MONOTONIC.
  bool reloading(std::chrono::microseconds monotonic) const;
  bool stopping(std::string_view status) const;
  bool status(std::string_view status) const;
  bool alive() const;
  /// A start or a stop that takes longer: systemd waits for so long from now.
  bool extend_timeout(Duration duration) const;

 private:
  Notifier() = default;
  bool send(std::string_view message) const;

  files::FileDescriptor descriptor_;
  std::string address_;  // a sockaddr_un's bytes
  std::optional<Duration> watchdog_;
};

/// WATCHDOG_USEC and WATCHDOG_PID as they stand → half of the interval, at least a millisecond; nothing where the
/// watchdog is off, meant for another process, or no number.
[[nodiscard]] std::optional<Duration> parse_watchdog(std::string_view microseconds, std::string_view pid, int own_pid);

}  // namespace triaged::systemd

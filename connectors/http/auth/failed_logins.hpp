// How often somebody was wrong lately.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "connectors/clock/clock.hpp"

namespace triaged::http {

/// So many may fail at once; one more each time that `recovery` goes by.
struct LoginLimit {
  unsigned burst = 10;
  Duration recovery = std::chrono::seconds(6);
};

/// Keys are what the caller limits by, such as an address and a name. Thread-safe; at most some thousand keys.
class FailedLogins {
 public:
  explicit FailedLogins(LoginLimit limit) : limit_(limit) {}

  [[nodiscard]] bool exhausted(const std::string& key);
  void note(const std::string& key);
  void forgive(const std::string& key);

 private:
  /// When the failures so far will all be forgiven; each puts it off by one recovery.
  using Debts = std::map<std::string, Duration>;
  void forget_settled(Duration now);

  const LoginLimit limit_;
  const clock::Stopwatch watch_;
  std::mutex mutex_;
  Debts debts_;
};

}  // namespace triaged::http

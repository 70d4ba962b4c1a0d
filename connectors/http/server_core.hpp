// What all connections of a server share.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "connectors/http/auth/authenticator.hpp"
#include "connectors/http/io_thread.hpp"
#include "connectors/http/limits/admission.hpp"
#include "connectors/http/limits/memory_budget.hpp"
#include "connectors/http/observer.hpp"
#include "connectors/http/router.hpp"
#include "connectors/http/server.hpp"
#include "connectors/http/tls.hpp"

namespace triaged::http {

/// So many may wait for the thread that checks passwords.
inline constexpr int kMaxWaitingLogins = 16;

/// What is read from files, and may be read again. Immutable.
struct Secrets {
  TlsContext tls;                                // null: plain
  std::shared_ptr<Authenticator> authenticator;  // null: nobody is asked
};

/// Outlives every connection. Thread-safe.
class ServerCore {
 public:
  ServerCore(Options server_options, Router server_router, Observer& server_observer);

  const Options options;
  const Router router;
  Observer& observer;
  Admission admission;
  MemoryBudget body_memory;
  IoThread logins;  // checks passwords, which takes long
  std::atomic<int> waiting_logins = 0;
  std::atomic<bool> draining = false;  // every answer is the last of its connection

  [[nodiscard]] Secrets secrets() const;
  void set_secrets(Secrets secrets);
  /// Of a request that brought none; differs between processes too.
  [[nodiscard]] std::string new_request_id();

 private:
  mutable std::mutex mutex_;
  Secrets secrets_;
  std::string id_prefix_;
  std::atomic<std::uint64_t> requests_ = 0;
};

}  // namespace triaged::http

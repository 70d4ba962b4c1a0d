// The daemon: every part of it, started and stopped in order. It owns all lifetimes.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "config/load.hpp"

namespace triaged::app {

struct RunOptions {
  std::string configuration;  // a file; empty: the built-in one
  bool accept_engine_change = false;
  bool accept_clock = false;
  /// Told now and then while a long tail is run again: how many records of how many.
  std::function<void(std::uint64_t done, std::uint64_t of)> on_recovery = [](std::uint64_t, std::uint64_t) {};
};

/// Why the daemon does not start; the exit code says whose turn it is.
struct StartError {
  enum class Kind : std::uint8_t {
    internal,       // the machine's fault or ours
    configuration,  // something that people have to change or to say
  } kind = Kind::internal;
  std::string message;  // empty: the diagnostics say it
  config::Diagnostics diagnostics;
};

/// start() and stop() belong to one thread, which waits for signals in between.
class Daemon {
 public:
  static std::expected<std::unique_ptr<Daemon>, StartError> start(const RunOptions& options);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// Reads the configuration again; what comes of it is logged. `done`: called by another thread.
  void reload(std::move_only_function<void()> done);
  /// Housekeeping, about once a second: retention, checkpoints, the watchdog. An error: the daemon must end by itself,
  /// and why.
  [[nodiscard]] std::expected<void, StartError> tick();
  /// Finishes what was accepted, takes a snapshot, ends. Whether all of it was done.
  bool stop(const std::string& why);

 private:
  struct Parts;
  explicit Daemon(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace triaged::app

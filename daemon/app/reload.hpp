// New rules, catalogue and settings for a daemon that runs.
#pragma once

#include <expected>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "daemon/api/ports.hpp"
#include "daemon/api/workers.hpp"
#include "daemon/app/board.hpp"
#include "daemon/app/host.hpp"

namespace triaged::app {

/// The blocks of a configuration in which `read` differs from `in_use`, and which only a start takes.
[[nodiscard]] std::vector<std::string> restart_blocks(const config::Settings& in_use, const config::Settings& read);

/// Reads the configuration again and proposes it to the log; the old one stays in effect where anything is wrong with
/// the new one. Thread-safe.
class Reload final : public api::Reloader {
 public:
  /// What a reload changes beside the bundle; the error is a sentence, and refuses the reload.
  using TakeSettings = std::function<std::expected<void, std::string>(const config::Settings&)>;

  /// `in_use`: what this daemon was started with.
  Reload(Host& host, config::Settings in_use, std::function<config::Loaded()> load, Board& board,
         telemetry::Telemetry& telemetry, TakeSettings on_settings);

  void reload(std::move_only_function<void(api::ReloadResult)> done) override;
  /// What was loaded already, at a start. Waits for the log.
  void propose(config::Loaded loaded, std::move_only_function<void(api::ReloadResult)> done);

 private:
  /// What it told of `read` that only a start takes.
  config::Diagnostics note_restart(const config::Settings& read);

  std::mutex one_at_a_time_;
  Host& host_;
  const config::Settings in_use_;
  std::function<config::Loaded()> load_;
  Board& board_;
  telemetry::Telemetry& telemetry_;
  TakeSettings on_settings_;
  api::Workers worker_;  // last: it is the first to end
};

}  // namespace triaged::app

// New rules, catalogue and settings for a daemon that runs.
#pragma once

#include <functional>
#include <string>

#include "config/load.hpp"
#include "daemon/api/ports.hpp"
#include "daemon/api/workers.hpp"
#include "daemon/app/board.hpp"
#include "daemon/pipeline/log_thread.hpp"

namespace triaged::app {

/// Reads the configuration again and proposes it to the log; the old one stays in effect where anything is wrong with
/// the new one. Thread-safe.
class Reload final : public api::Reloader {
 public:
  Reload(std::function<config::Loaded()> load, pipeline::LogThread& log, Board& board, telemetry::Telemetry& telemetry,
         std::function<void(const config::Settings&)> on_settings);

  void reload(std::move_only_function<void(api::ReloadResult)> done) override;
  /// What was loaded already, at a start.
  void propose(config::Loaded loaded, std::move_only_function<void(api::ReloadResult)> done);

 private:
  std::function<config::Loaded()> load_;
  pipeline::LogThread& log_;
  Board& board_;
  telemetry::Telemetry& telemetry_;
  std::function<void(const config::Settings&)> on_settings_;
  api::Workers worker_;  // last: it is the first to end
};

}  // namespace triaged::app

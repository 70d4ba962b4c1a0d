// `triaged replay`: a recorded stream of alerts, or a daemon's log → incidents, with no daemon.
#pragma once

#include <string>
#include <vector>

#include "daemon/cli/exit_code.hpp"

namespace triaged::cli {

/// File names as they were typed; empty: not asked for; "-": standard input or output.
struct ReplayOptions {
  std::string alerts;
  std::string log;                 // instead: a configuration, or a state folder
  std::vector<std::string> rules;  // globs
  std::string catalogue;
  std::string changes;
  std::string incidents = "-";
  std::string memberships;
  std::string records;
  std::string audit;
  std::string silences;
  std::string rejected;
  bool final_only = false;
  bool strict = false;
  bool drain = false;
};

[[nodiscard]] ExitCode replay_alerts(const ReplayOptions& options);
[[nodiscard]] ExitCode replay_log(const ReplayOptions& options);

}  // namespace triaged::cli

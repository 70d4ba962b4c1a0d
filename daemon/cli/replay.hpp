// `triaged replay`: a recorded stream of alerts → incidents, with no daemon.
#pragma once

#include <string>
#include <vector>

#include "daemon/cli/exit_code.hpp"

namespace triaged::cli {

/// File names as they were typed; empty: not asked for; "-": standard input or output.
struct ReplayOptions {
  std::string alerts;
  std::vector<std::string> rules;  // globs
  std::string catalogue;
  std::string changes;
  std::string incidents = "-";
  std::string memberships;
  std::string records;
  bool final_only = false;
  bool strict = false;
  bool drain = false;
};

[[nodiscard]] ExitCode replay(const ReplayOptions& options);

}  // namespace triaged::cli

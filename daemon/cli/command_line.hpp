// The command line as a whole: which subcommand, help, and faults in what was typed.
#pragma once

#include "daemon/cli/exit_code.hpp"

namespace triaged::cli {

/// Reads the arguments and runs the subcommand that they name. Call once.
[[nodiscard]] ExitCode run_command_line(int argc, char** argv);

}  // namespace triaged::cli

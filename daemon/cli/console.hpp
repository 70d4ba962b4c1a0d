// Standard output for data, standard error for everything else.
#pragma once

#include <string_view>

#include "config/diagnostics.hpp"
#include "daemon/cli/exit_code.hpp"

namespace triaged::cli {

/// Writes data to standard output. A reader that has gone is no fault; a full disk is one.
[[nodiscard]] ExitCode print_data(std::string_view text);

/// Text for people, on standard error; what can't be written is lost.
void tell(std::string_view text);

/// `triaged: message` on standard error.
void complain(std::string_view message);

/// Every diagnostic, rendered, on standard error.
void print_diagnostics(const config::Diagnostics& diagnostics);

/// What faults in files mean for the exit code: good, usage where a file could not be opened, else configuration.
[[nodiscard]] ExitCode verdict(const config::Diagnostics& diagnostics);

}  // namespace triaged::cli

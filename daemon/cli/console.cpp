#include "daemon/cli/console.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>

#include <fmt/format.h>

#include "daemon/replay/output_file.hpp"

namespace triaged::cli {

ExitCode print_data(std::string_view text) {
  auto output = replay::OutputFile::open("-");
  if (output) {
    output->buffer() += text;
    output->finish();
  }
  const auto error = output ? output->error() : std::optional(output.error());
  if (!error) return ExitCode::good;
  complain(*error);
  return ExitCode::internal;
}

void tell(std::string_view text) {
  // Where nobody can be told, the exit code still says how it went.
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
}

void complain(std::string_view message) { tell(fmt::format("triaged: {}\n", message)); }

void print_diagnostics(const config::Diagnostics& diagnostics) {
  for (const auto& diagnostic : diagnostics) {
    tell(fmt::format("{}\n", config::render(diagnostic)));
  }
}

ExitCode verdict(const config::Diagnostics& diagnostics) {
  if (!config::has_errors(diagnostics)) return ExitCode::good;
  const bool unreadable = std::ranges::any_of(diagnostics, &config::Diagnostic::unreadable);
  return unreadable ? ExitCode::usage : ExitCode::configuration;
}

}  // namespace triaged::cli

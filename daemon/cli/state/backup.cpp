// `triaged backup`: all that a daemon must not lose, as one file.
#include <filesystem>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "connectors/clock/clock.hpp"
#include "connectors/log/local/local_backup.hpp"
#include "connectors/log/local/local_log.hpp"
#include "daemon/cli/command.hpp"
#include "daemon/cli/console.hpp"
#include "daemon/cli/state/chosen_folder.hpp"
#include "daemon/cli/version.hpp"

namespace triaged::cli {
namespace {

constexpr const char* kFooter =
    R"(The file holds the log (what came, what was made of it) and the snapshots: what `triaged restore` needs. The daemon
may run, and is not slowed down. FILE has all of it or is what it was before; an earlier backup there is replaced.

What was written is told on standard error, in words: there is no -o json, the exit status is for programs.

Examples:
  triaged backup /backup/triaged.backup --config /etc/triaged/triaged.yaml)";

struct BackupOptions {
  std::string file;
  std::string configuration;
};

ExitCode backup(const BackupOptions& options) {
  const auto folder = choose_folder(options.configuration);
  if (!folder) return folder.error();
  std::error_code missing;
  if (!std::filesystem::exists(log::local_log_file(folder->path), missing)) {
    complain(folder->path + ": holds no log");
    return ExitCode::usage;
  }
  const clock::Stopwatch stopwatch;
  if (auto done = log::LocalBackup::write(folder->path, options.file, clock::now(), version_text()); !done) {
    complain(done.error());
    return ExitCode::internal;
  }
  const auto size = std::filesystem::file_size(options.file, missing);
  tell(fmt::format("{}: {} bytes in {} ms\n", options.file, size, stopwatch.elapsed().count()));
  return ExitCode::good;
}

}  // namespace

Command add_backup(CLI::App& app) {
  auto* command = app.add_subcommand("backup", "Copy what the daemon keeps to one file, also while it runs");
  command->group("Commands");
  command->set_help_flag("-h,--help", "Say what there is, and stop");
  command->footer(kFooter);
  auto options = std::make_shared<BackupOptions>();
  command->add_option("FILE", options->file, "The backup")->required()->type_name("");
  command->add_option("--config", options->configuration, "The daemon's configuration, or its state folder")
      ->type_name("FILE");
  return {command, [options] { return backup(*options); }};
}

}  // namespace triaged::cli

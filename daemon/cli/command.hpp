// What every subcommand gives to the command line: its options, and what to do.
#pragma once

#include <functional>

#include "daemon/cli/exit_code.hpp"

namespace CLI {
class App;
}

namespace triaged::cli {

struct Command {
  CLI::App* options = nullptr;  // owned by the App that it was added to
  std::function<ExitCode()> run;
};

Command add_backup(CLI::App& app);
Command add_check(CLI::App& app);
Command add_demo(CLI::App& app);
Command add_doctor(CLI::App& app);
Command add_hash_password(CLI::App& app);
Command add_incidents(CLI::App& app);
Command add_replay(CLI::App& app);
Command add_restore(CLI::App& app);
Command add_run(CLI::App& app);
Command add_silences(CLI::App& app);
Command add_status(CLI::App& app);
Command add_version(CLI::App& app);

}  // namespace triaged::cli

// `triaged run`: the daemon.
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

#include "connectors/clock/clock.hpp"
#include "connectors/systemd/notify.hpp"
#include "daemon/app/daemon.hpp"
#include "daemon/cli/command.hpp"
#include "daemon/cli/console.hpp"

namespace triaged::cli {

namespace {

constexpr const char* kFooter =
    R"(Without --config: one HTTP source on 127.0.0.1:9595, the shipped pack `default`, the files rules/*.yaml and
catalogue/*.yaml if there are any, and everything that is kept in the folder state.

SIGTERM or SIGINT: finish what was accepted, take a snapshot, leave. SIGHUP: read the configuration again.

Examples:
  triaged run
  triaged run --config /etc/triaged/triaged.yaml)";

// What systemd waits for the next word while the log is run again.
constexpr Duration kMoreTime = std::chrono::minutes(1);

/// Signals that this thread waits for; no thread takes them in another way.
sigset_t handled_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set, signal);
  return set;
}

ExitCode exit_code(app::StartError::Kind kind) {
  switch (kind) {
    case app::StartError::Kind::internal: return ExitCode::internal;
    case app::StartError::Kind::configuration: return ExitCode::configuration;
  }
  return ExitCode::internal;
}

// For the log, the read model, its readers, and some connections.
constexpr rlim_t kFewestDescriptors = 64;

/// A connection is a descriptor, and so is each file; shells give 1,024 and allow many more.
bool raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return true;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max >= kFewestDescriptors) return true;
  complain(
      fmt::format("at most {} files may be open at once, and triaged needs {}: raise the limit (ulimit -n, or "
                  "LimitNOFILE of the service)",
                  limit.rlim_max, kFewestDescriptors));
  return false;
}

ExitCode run(app::RunOptions options) {
  if (!raise_descriptor_limit()) return ExitCode::configuration;
  const sigset_t signals = handled_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  const auto notifier = systemd::Notifier::from_environment();
  options.on_recovery = [&notifier](std::uint64_t done, std::uint64_t of) {
    notifier.extend_timeout(kMoreTime);
    notifier.status(fmt::format("running the log again: record {} of {}", done, of));
  };
  auto daemon = app::Daemon::start(options);
  if (!daemon) {
    print_diagnostics(daemon.error().diagnostics);
    if (!daemon.error().message.empty()) complain(daemon.error().message);
    return daemon.error().diagnostics.empty() ? exit_code(daemon.error().kind) : verdict(daemon.error().diagnostics);
  }
  notifier.ready("running");
  for (;;) {
    const timespec second{.tv_sec = 1, .tv_nsec = 0};
    const int signal = ::sigtimedwait(&signals, nullptr, &second);
    if (signal == SIGHUP) {
      notifier.reloading(clock::monotonic());
      (*daemon)->reload([&notifier] { notifier.ready("running"); });
    } else if (signal == SIGTERM || signal == SIGINT) {
      notifier.stopping("finishing what was accepted");
      const bool finished = (*daemon)->stop(signal == SIGTERM ? "SIGTERM" : "SIGINT");
      return finished ? ExitCode::good : ExitCode::internal;
    }
    if (const auto good = (*daemon)->tick(); !good) {
      // What is stuck can't be waited for, and the log is good as it is, or gone.
      complain(good.error().message);
      std::_Exit(static_cast<int>(exit_code(good.error().kind)));
    }
    notifier.alive();
  }
}

}  // namespace

Command add_run(CLI::App& app) {
  auto* command = app.add_subcommand("run", "The daemon: alerts in, incidents out, nothing lost");
  command->group("Commands");
  command->set_help_flag("-h,--help", "Say what there is, and stop");
  command->footer(kFooter);
  auto options = std::make_shared<app::RunOptions>();
  command->add_option("--config", options->configuration, "The configuration (triaged.yaml)")->type_name("FILE");
  command->add_flag("--accept-engine-change", options->accept_engine_change,
                    "Go on although another version made the log's last batches");
  command->add_flag("--accept-clock", options->accept_clock,
                    "Go on although the machine's clock is far ahead of the log");
  return {command, [options] { return run(*options); }};
}

}  // namespace triaged::cli

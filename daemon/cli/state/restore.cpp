// `triaged restore`: a state folder from a backup.
#include <algorithm>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "connectors/files/sync.hpp"
#include "connectors/log/cut_chain.hpp"
#include "connectors/log/local/local_backup.hpp"
#include "connectors/log/local/local_log.hpp"
#include "connectors/wire/rfc3339.hpp"
#include "daemon/app/state_folder.hpp"
#include "daemon/cli/command.hpp"
#include "daemon/cli/console.hpp"
#include "daemon/cli/state/chosen_folder.hpp"
#include "daemon/cli/terminal.hpp"
#include "daemon/pipeline/shard/recovery.hpp"

namespace triaged::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFooter =
    R"(Everything is checked before the state folder is touched: every page, every cut, and that a daemon can start from it.
A daemon that runs there is in the way, and so is a state that is there already; --force moves that aside.

What came after the backup was made is not in it. Followed files are read again from where they stood then; files that
are published to get what follows at their ends.

What was done is told on standard error, in words: there is no -o json, the exit status is for programs.

Examples:
  triaged restore /backup/triaged.backup --config /etc/triaged/triaged.yaml)";

struct RestoreOptions {
  std::string file;
  std::string configuration;
  bool force = false;
};

struct Failure {
  ExitCode code = ExitCode::internal;
  std::string message;
};

std::unexpected<Failure> failed(std::string message, ExitCode code = ExitCode::internal) {
  return std::unexpected(Failure{code, std::move(message)});
}
std::unexpected<Failure> failed(const fs::path& path, const std::error_code& error) {
  return failed(fmt::format("{}: {}", path.string(), error.message()));
}

/// SQLite's words on a damaged file may have pieces of it.
std::string shown(const std::string& message) { return fit(message, 1000); }

std::string text_of(Time time) {
  std::string text;
  wire::append_time(text, time);
  return text;
}

/// Where a backup is unpacked; gone when this is.
class Staging {
 public:
  static std::expected<Staging, Failure> make(const std::string& state) {
    Staging staging(fs::path(state) / ".restore");
    std::error_code error;
    fs::remove_all(staging.path_, error);
    if (!error) fs::create_directory(staging.path_, error);
    if (error) return failed(staging.path_, error);
    return staging;
  }
  Staging(Staging&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  Staging& operator=(Staging&&) = delete;
  ~Staging() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  explicit Staging(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

/// What a daemon would do with it at its start. What it holds, for people.
std::expected<std::string, Failure> verify(const fs::path& staged) {
  auto log = log::LocalReader::open(staged.string());
  if (!log) return failed(log.error().message);
  const auto kept = (*log)->kept();
  if (!kept) return failed(kept.error().message);
  const auto last = (*log)->last_cut();
  if (!last) return failed(last.error().message);
  const auto chain = log::check_cuts(**log, *last ? (*last)->number : 0, true);
  if (!chain) return failed("the backup's log is damaged: " + chain.error());
  const log::SnapshotStore store(staged.string());
  const auto recovered = pipeline::recover(**log, &store, {});
  if (!recovered) {
    const bool version = recovered.error().kind == pipeline::RecoveryError::Kind::engine_version;
    return failed("no daemon can start from the backup: " + recovered.error().message,
                  version ? ExitCode::configuration : ExitCode::internal);
  }
  if (!recovered->damaged.empty()) return failed("the backup is damaged: " + recovered->damaged.front());
  std::string text = fmt::format("records {} to {}, cuts {} to {}", kept->first, kept->last, chain->first, chain->last);
  if (chain->first != 0) text += fmt::format(", from {} to {}", text_of(chain->from), text_of(chain->to));
  return text + fmt::format(", {} snapshots", store.list().size());
}

bool is_ours(const fs::path& name) { return name == "lock" || name == ".restore"; }

std::vector<fs::path> contents(const fs::path& folder) {
  std::vector<fs::path> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (!is_ours(entry->path().filename())) names.push_back(entry->path().filename());
  }
  std::ranges::sort(names);
  return names;
}

/// All or nothing.
std::expected<void, Failure> move_all(const std::vector<fs::path>& names, const fs::path& from, const fs::path& to) {
  for (std::size_t done = 0; done < names.size(); ++done) {
    std::error_code error;
    fs::rename(from / names[done], to / names[done], error);
    if (!error) continue;
    for (std::error_code ignored; done > 0; --done) fs::rename(to / names[done - 1], from / names[done - 1], ignored);
    return failed(from, error);
  }
  return {};
}

std::expected<void, Failure> move_aside(const std::string& state) {
  const auto names = contents(state);
  if (names.empty()) return {};
  for (int number = 1;; ++number) {
    const fs::path aside = fmt::format("{}.before-restore-{}", state, number);
    std::error_code error;
    if (!fs::create_directory(aside, error)) {
      if (error) return failed(aside, error);
      continue;  // of another time
    }
    if (auto moved = move_all(names, state, aside); !moved) {
      fs::remove(aside, error);
      return moved;
    }
    tell(fmt::format("{}: what was there stands in {} now\n", state, aside.string()));
    return {};
  }
}

std::expected<void, Failure> restore(const RestoreOptions& options, const std::string& state) {
  std::error_code missing;
  if (!fs::is_regular_file(options.file, missing)) {
    return failed(options.file + ": there is no such file", ExitCode::usage);
  }
  auto backup = log::LocalBackup::open(options.file);
  if (!backup) return failed(shown(backup.error()));
  const auto lock = app::StateFolder::open(state);
  if (!lock) return failed(lock.error());
  if (!options.force && !contents(state).empty()) {
    return failed(fmt::format("{0}: is not empty; --force moves what is there to {0}.before-restore-N", state),
                  ExitCode::usage);
  }
  const auto staging = Staging::make(state);
  if (!staging) return std::unexpected(staging.error());
  if (auto done = backup->unpack(staging->path().string()); !done) {
    return failed(shown(done.error()));
  }
  const auto holds = verify(staging->path());
  if (!holds) return std::unexpected(holds.error());
  tell(fmt::format("{}: made {} by {}: {}\n", options.file, text_of(backup->made_at()), shown(backup->version()),
                   *holds));
  if (auto done = move_aside(state); !done) return done;
  if (auto done = move_all(contents(staging->path()), staging->path(), state); !done) return done;
  if (auto done = files::sync_folder(state); !done) return failed(done.error());
  return {};
}

/// A name that nothing has yet is a new state folder's; who names a configuration that is gone, is told so.
bool is_new_folder(const std::string& name) {
  std::error_code unknown;
  const auto ending = fs::path(name).extension();
  return !name.empty() && ending != ".yaml" && ending != ".yml" && !fs::exists(name, unknown) && !unknown;
}

ExitCode run_restore(const RestoreOptions& options) {
  const auto folder = is_new_folder(options.configuration) ? ChosenFolder{.path = options.configuration, .settings = {}}
                                                           : choose_folder(options.configuration);
  if (!folder) return folder.error();
  std::string state = folder->path;
  while (state.size() > 1 && state.ends_with('/')) state.pop_back();
  if (const auto done = restore(options, state); !done) {
    complain(done.error().message);
    return done.error().code;
  }
  tell(fmt::format("{}: restored\n", state));
  return ExitCode::good;
}

}  // namespace

Command add_restore(CLI::App& app) {
  auto* command = app.add_subcommand("restore", "Make a state folder from a backup");
  command->group("Commands");
  command->set_help_flag("-h,--help", "Say what there is, and stop");
  command->footer(kFooter);
  auto options = std::make_shared<RestoreOptions>();
  command->add_option("FILE", options->file, "The backup")->required()->type_name("");
  command->add_option("--config", options->configuration, "The daemon's configuration, or its state folder")
      ->type_name("FILE");
  command->add_flag("--force", options->force, "Move a state that is there aside");
  return {command, [options] { return run_restore(*options); }};
}

}  // namespace triaged::cli

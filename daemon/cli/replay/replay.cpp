// `triaged replay`: a recorded stream of alerts → incidents, with no daemon.
#include "daemon/cli/replay/replay.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "config/load.hpp"
#include "connectors/clock/clock.hpp"
#include "connectors/wire/change_decoder.hpp"
#include "daemon/cli/command.hpp"
#include "daemon/cli/console.hpp"
#include "daemon/cli/progress_bar.hpp"
#include "daemon/cli/replay/replay_files.hpp"
#include "daemon/replay/decoding_reader.hpp"
#include "daemon/replay/document_outputs.hpp"
#include "daemon/replay/replay_log.hpp"

namespace triaged::cli {

namespace {

constexpr const char* kFooter =
    R"(Alerts are Alertmanager v2 objects: one a line, a JSON array, or a webhook body; which one is told by content.
An alert that can't be used is `FILE:LINE: reason` on standard error, and the rest goes on. The last line there is
`N alerts, N rejected`: those that were taken, and those that were not.
At the end, what a rule still holds back is published; no timeout fires, so what fires at the end stays open.

--log runs what `triaged run` recorded, as it was: the same rules, commands and times. Every cut is compared with what
is recorded; one that differs is named, and the exit status is 70. It reads only, also while the daemon runs.

Examples:
  triaged replay --alerts alerts.ndjson
  triaged replay --alerts alerts.ndjson --rules 'rules/*.yaml' --catalogue catalogue.yaml --final
  kafkacat -C -e -t alerts | triaged replay --alerts - --incidents incidents.ndjson
  triaged replay --log triaged.yaml --final)";

/// `FILE:LINE: reason` for each, in one write.
void print_rejections(const std::string& file, const std::vector<wire::Rejection>& rejections) {
  std::string text;
  for (const auto& rejection : rejections) {
    fmt::format_to(std::back_inserter(text), "{}:{}: {}\n", file, rejection.line, rejection.reason);
  }
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void print_unplaced(const std::map<std::string, std::uint64_t>& unplaced) {
  constexpr std::size_t kShown = 10;
  if (unplaced.empty()) return;
  std::vector<std::pair<std::uint64_t, std::string_view>> reasons;  // most frequent first, then by name
  std::uint64_t total = 0;
  for (const auto& [reason, count] : unplaced) {
    reasons.emplace_back(count, reason);
    total += count;
  }
  std::ranges::sort(reasons, [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  tell(fmt::format("{} {} in no incident:\n", total, total == 1 ? "alert is" : "alerts are"));
  for (const auto& [count, reason] : std::span(reasons).first(std::min(kShown, reasons.size()))) {
    tell(fmt::format("{:>9}  {}\n", count, reason));
  }
  if (reasons.size() > kShown) tell(fmt::format("{:>9}  for {} other reasons\n", "…", reasons.size() - kShown));
}

/// What the alerts' file held.
struct Totals {
  std::uint64_t alerts = 0;
  std::uint64_t rejected = 0;
};

}  // namespace

ExitCode replay_alerts(const ReplayOptions& options) {
  const auto refuse = [](const std::string& message, ExitCode code) {
    complain(message);
    return code;
  };
  if (const auto clash = find_clash(options)) return refuse(*clash, ExitCode::usage);
  auto alerts = replay::InputFile::open(options.alerts);
  if (!alerts) return refuse(alerts.error(), ExitCode::usage);
  const auto size = alerts->size;

  std::vector<wire::DecodedChange> changes;
  std::vector<wire::Rejection> rejected_changes;
  if (!options.changes.empty()) {
    const auto text = read_whole(options.changes);
    if (!text) return refuse(text.error(), ExitCode::usage);
    wire::decode_changes(*text, changes, rejected_changes);
    print_rejections(options.changes, rejected_changes);
  }

  const auto catalogue = options.catalogue.empty() ? std::nullopt : std::optional(options.catalogue);
  const auto loaded = config::load_rules(options.rules, catalogue);
  print_diagnostics(loaded.diagnostics);
  if (!loaded.bundle) return verdict(loaded.diagnostics);

  auto outputs = open_outputs(options);
  if (!outputs) return refuse(outputs.error(), ExitCode::usage);
  replay::DocumentSink sink(std::move(*outputs), loaded.bundle->settings.incident_prefix, options.final_only);
  Engine engine(loaded.bundle);
  replay::ReplayLog log(engine, sink, std::move(changes));

  Totals totals;
  {
    // On a terminal that shows the documents, a bar would only be in their way.
    const bool documents_on_terminal = options.incidents == "-" && ::isatty(STDOUT_FILENO) != 0;
    ProgressBar bar(STDERR_FILENO, !documents_on_terminal);
    const clock::Stopwatch stopwatch;
    replay::DecodingReader reader(std::move(*alerts));
    while (auto batch = reader.next()) {
      log.apply(batch->alerts);
      totals.alerts += batch->alerts.entries.size();
      totals.rejected += batch->alerts.rejections.size();
      if (!batch->alerts.rejections.empty()) {
        bar.clear();
        print_rejections(options.alerts, batch->alerts.rejections);
      }
      bar.update({batch->bytes_read, size, totals.alerts, stopwatch.elapsed()});
      reader.recycle(std::move(batch));
      if (sink.error()) return refuse(*sink.error(), ExitCode::internal);
      if (sink.nobody_reads() && !options.strict) return ExitCode::good;
    }
    if (reader.error()) return refuse(*reader.error(), ExitCode::internal);
  }
  if (options.drain && !log.drain()) complain("--drain: timers are still due after very many of them; stopped there");
  log.end();
  sink.finish();
  if (sink.error()) return refuse(*sink.error(), ExitCode::internal);

  print_unplaced(sink.unplaced());
  tell(fmt::format("{} alerts, {} rejected\n", totals.alerts, totals.rejected));
  const bool all_good = totals.rejected == 0 && rejected_changes.empty();
  return options.strict && !all_good ? ExitCode::failed : ExitCode::good;
}

Command add_replay(CLI::App& app) {
  auto* command = app.add_subcommand("replay", "Turn a recorded stream of alerts into incidents, with no daemon");
  command->group("Commands");
  command->set_help_flag("-h,--help", "Say what there is, and stop");
  command->footer(kFooter);
  auto options = std::make_shared<ReplayOptions>();
  const auto file = [&](const char* name, std::string& into, const char* help) {
    return command->add_option(name, into, help)->type_name("FILE");
  };
  auto* const alerts = file("--alerts", options->alerts, "The alerts; - for standard input");
  auto* const log = command->add_option("--log", options->log, "Instead: the log of this configuration's daemon");
  log->type_name("CONFIG")->excludes(alerts);
  const auto with = [&](CLI::Option* other, CLI::Option* option) { return option->needs(other); };
  with(alerts,
       command->add_option("--rules", options->rules, "Rule files (globs); without it the shipped pack `default`"))
      ->type_name("GLOB");
  with(alerts, file("--catalogue", options->catalogue, "The service catalogue"));
  with(alerts,
       file("--changes", options->changes, "Changes, one JSON object a line: id, service, kind, implementedAt"));
  file("--incidents", options->incidents, "Where the incidents go, one JSON document a line; default: standard output");
  with(alerts, file("--memberships", options->memberships, "Write which alert is in which incident, one line each"));
  file("--records", options->records, "Write the alerts' own changes of state, one line each");
  with(log, file("--audit", options->audit, "Write the audit records of commands, one line each"));
  with(log, file("--silences", options->silences, "Write silences and maintenance windows, one line each"));
  with(log, file("--rejected", options->rejected, "Write what could not be used and why, one line each"));
  command->add_flag("--final", options->final_only, "Only the last document of each incident, by number");
  command->add_flag("--strict", options->strict, "Exit 1, after all output, if something was rejected");
  with(alerts, command->add_flag("--drain", options->drain, "At the end, let every timeout come due"));
  return {command, [options] {
            if (!options->log.empty()) return replay_log(*options);
            if (!options->alerts.empty()) return replay_alerts(*options);
            complain("replay what? --alerts FILE, or --log CONFIG");
            return ExitCode::usage;
          }};
}

}  // namespace triaged::cli

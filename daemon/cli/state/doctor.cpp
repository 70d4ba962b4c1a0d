// `triaged doctor`: is everything as it must be?
#include "daemon/cli/state/doctor.hpp"

#include <algorithm>
#include <memory>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "connectors/wire/json_text.hpp"
#include "daemon/app/examine.hpp"
#include "daemon/cli/command.hpp"
#include "daemon/cli/console.hpp"
#include "daemon/cli/remote/table.hpp"
#include "daemon/cli/terminal.hpp"

namespace triaged::cli {
namespace {

using Level = Finding::Level;
using config::Diagnostic;

constexpr std::string_view kRed = "\x1b[1;31m";
constexpr std::string_view kYellow = "\x1b[1;33m";
constexpr std::uint64_t kLittleRoom = std::uint64_t{64} << 20U;

constexpr const char* kFooter =
    R"(Looks at the configuration, the state folder and who may use it, room on the disk, open files, the log with every
record, cut and document, snapshots, the clock, what is read and published, and the daemon, where one runs. Reads all of
the log, and changes nothing. Run it as the daemon's user.

Exit status: 0 no faults (there may be warnings); 1 a fault; 2 the command line, or a configuration that can't be
opened; 78 faults in configuration, rules or catalogue.

Examples:
  triaged doctor --config /etc/triaged/triaged.yaml
  triaged doctor -o json | jq -r '.findings[] | select(.result != "ok") | .found')";

struct DoctorOptions {
  std::string configuration;
  std::string ca_file;
  std::uint64_t least_room = kLittleRoom;
  bool json = false;
};

std::string_view word(Level level) {
  switch (level) {
    case Level::ok: return "ok";
    case Level::warning: return "warning";
    case Level::fault: return "fault";
  }
  return "";
}

std::string_view colour(Level level) {
  if (level == Level::fault) return kRed;
  return level == Level::warning ? kYellow : std::string_view();
}

/// Whole, but with nothing that steers a terminal.
std::string shown(std::string_view text) { return fit(text, 4000); }

std::string text_of(const std::vector<Finding>& findings) {
  Table table({"CHECK", "RESULT", "FOUND"});
  std::string advice;
  for (const Finding& finding : findings) {
    table.add({{finding.check}, {std::string(word(finding.level)), colour(finding.level)}, {finding.found}});
    if (finding.level == Level::ok) continue;
    advice += fmt::format("\n{}: {}\n  {}\n", shown(finding.check), shown(finding.found), shown(finding.advice));
  }
  return render(table) + advice;
}

std::string json_of(const std::vector<Finding>& findings) {
  const auto worst = std::ranges::max_element(findings, {}, &Finding::level);
  std::string text = fmt::format(R"({{"result":"{}","findings":[)", word(worst->level));
  for (const Finding& finding : findings) {
    if (!text.ends_with('[')) text += ',';
    text += "\n{\"check\":";
    wire::append_string(text, finding.check);
    text += fmt::format(R"(,"result":"{}","found":)", word(finding.level));
    wire::append_string(text, finding.found);
    if (!finding.advice.empty()) {
      text += R"(,"advice":)";
      wire::append_string(text, finding.advice);
    }
    text += '}';
  }
  return text + "]}\n";
}

std::string placed(const Diagnostic& diagnostic) {
  std::string place = diagnostic.file;
  if (diagnostic.line > 0) place += fmt::format(":{}", diagnostic.line);
  if (diagnostic.line > 0 && diagnostic.column > 0) place += fmt::format(":{}", diagnostic.column);
  return fmt::format("{}: {}", place, diagnostic.message);
}

void examine_configuration(const Patient& patient, const config::Diagnostics& diagnostics, Findings& findings) {
  for (const Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.level == Diagnostic::Level::error) {
      findings.fail("configuration", placed(diagnostic), "mend it: no daemon starts with it, and none reloads it");
    } else {
      findings.warn("configuration", placed(diagnostic), "see whether it is meant so");
    }
  }
  if (diagnostics.empty()) {
    findings.ok("configuration", patient.configuration.empty() ? "the built-in one" : patient.configuration);
  }
}

/// What the settings themselves say wrong: then nobody knows where anything is.
bool settings_unknown(const DoctorOptions& options, const config::Diagnostics& diagnostics) {
  return std::ranges::any_of(diagnostics, [&](const Diagnostic& diagnostic) {
    return diagnostic.level == Diagnostic::Level::error && diagnostic.file == options.configuration;
  });
}

ExitCode doctor(const DoctorOptions& options) {
  auto loaded =
      options.configuration.empty() ? config::load_built_in() : config::load_configuration(options.configuration);
  const bool unknown = settings_unknown(options, loaded.diagnostics);
  if (unknown && verdict(loaded.diagnostics) == ExitCode::usage) {
    print_diagnostics(loaded.diagnostics);
    return ExitCode::usage;
  }
  if (loaded.bundle != nullptr && !options.configuration.empty()) {
    // The settings are good; the secrets that they name may not be.
    loaded.diagnostics = config::load_configuration(options.configuration, app::examine_settings).diagnostics;
  }
  Findings findings;
  Patient patient{.configuration = options.configuration,
                  .ca_file = options.ca_file,
                  .least_room = options.least_room,
                  .settings = std::move(loaded.settings),
                  .locked = false,
                  .process = 0};
  examine_configuration(patient, loaded.diagnostics, findings);
  if (!unknown) {
    find_daemon(patient);
    for (const auto examine : {examine_folder, examine_permissions, examine_room, examine_log, examine_files,
                               examine_descriptors, examine_daemon}) {
      examine(patient, findings);
    }
  }
  const auto told = print_data(options.json ? json_of(findings.all()) : text_of(findings.all()));
  if (told != ExitCode::good) return told;
  if (config::has_errors(loaded.diagnostics)) return ExitCode::configuration;
  const bool failed = std::ranges::count(findings.all(), Level::fault, &Finding::level) != 0;
  return failed ? ExitCode::failed : ExitCode::good;
}

}  // namespace

Command add_doctor(CLI::App& app) {
  auto* command = app.add_subcommand("doctor", "Say whether everything is as it must be, and what to do");
  command->group("Commands");
  command->set_help_flag("-h,--help", "Say what there is, and stop");
  command->footer(kFooter);
  auto options = std::make_shared<DoctorOptions>();
  command->add_option("--config", options->configuration, "The daemon's configuration")->type_name("FILE");
  command->add_option("--ca-file", options->ca_file, "Who signed the daemon's certificate (PEM)")->type_name("FILE");
  command->add_option("--room", options->least_room, "So much must be free for the log (default 64MiB)")
      ->transform(CLI::AsSizeValue(false).description(""))
      ->type_name("SIZE");
  command
      ->add_option_function<std::string>(
          "-o,--output", [options](const std::string& format) { options->json = format == "json"; },
          "text (default), or json: result, and findings with check, result, found and advice")
      ->check(CLI::IsMember({"text", "json"}).description(""))
      ->type_name("FORMAT");
  return {command, [options] { return doctor(*options); }};
}

}  // namespace triaged::cli

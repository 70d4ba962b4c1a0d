// `triaged status`: how a daemon is.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "daemon/cli/command.hpp"
#include "daemon/cli/console.hpp"
#include "daemon/cli/remote/connection.hpp"
#include "daemon/cli/remote/table.hpp"
#include "daemon/cli/terminal.hpp"

namespace triaged::cli {

namespace {

constexpr const char* kFooter = "Exit status: 0 it is ready; 1 it is not; 70 no daemon answers.";
constexpr std::string_view kRed = "\x1b[1;31m";
constexpr std::string_view kGreen = "\x1b[32m";

using wire::JsonValue;

std::string safe(std::string_view text) { return fit(text, SIZE_MAX); }

void add_line(std::string& out, std::string_view name, const std::string& text) {
  if (!text.empty()) out += fmt::format("{:<14}{}\n", name, text);
}

/// "136 KiB"
std::string size_text(const std::string& bytes) {
  static constexpr std::array<std::string_view, 4> kUnits{"bytes", "KiB", "MiB", "GiB"};
  std::uint64_t count = 0;
  std::from_chars(bytes.data(), bytes.data() + bytes.size(), count);
  std::size_t unit = 0;
  for (; count >= 10'240 && unit + 1 < kUnits.size(); ++unit) count /= 1024;
  return fmt::format("{} {}", count, kUnits[unit]);
}

std::string sources_table(const JsonValue& status) {
  Table table({"SOURCE", "KIND", "LAST ALERT", "LAG", "RECEIVED", "REJECTED", "STATE"});
  for (const auto& source : status["sources"].items()) {
    const auto& fault = source["fault"].text();
    const bool stalled = source["stalled"].is_true();
    const auto& last = source["lastAlertAt"];
    table.add({{source["name"].text()},
               {source["kind"].text()},
               {last.is_null() ? "never" : short_time(last.text())},
               {source["lagBytes"].is_null() ? "" : size_text(source["lagBytes"].text())},
               {source["received"].text()},
               {source["rejected"].text()},
               {!fault.empty() ? fault
                : stalled      ? "stalled"
                               : "good",
                stalled || !fault.empty() ? kRed : std::string_view()}});
  }
  return table.empty() ? "no sources\n" : render(table);
}

std::string incidents_table(const JsonValue& counts) {
  Table table({"INCIDENTS", "P1", "P2", "P3", "P4", "P5"});
  for (const auto* state : {"open", "acknowledged", "resolved", "closed", "merged"}) {
    const auto& of_state = counts[state];
    std::vector<Cell> row{{state}};
    for (const auto* priority : {"P1", "P2", "P3", "P4", "P5"}) {
      const auto& count = of_state[priority];
      row.push_back({count.is_null() ? "0" : count.text(), count.is_null() ? "" : priority_colour(priority)});
    }
    table.add(std::move(row));
  }
  return render(table);
}

/// How many this process has, and what is wrong with any.
void add_shards(std::string& out, const std::vector<JsonValue>& shards) {
  const auto owned = std::ranges::count_if(shards, [](const JsonValue& shard) { return shard["owned"].is_true(); });
  add_line(out, "shards", fmt::format("{} of {} are here", owned, shards.size()));
  for (const auto& shard : shards) {
    if (shard["fault"].is_null()) continue;
    add_line(out, "", painted(kRed, safe(fmt::format("{}: {}", shard["shard"].text(), shard["fault"].text()))));
  }
}

std::string status_text(const JsonValue& status) {
  const bool ready = status["ready"].is_true();
  std::string out;
  add_line(out, "daemon",
           fmt::format("{}, {}", safe(status["version"].text()),
                       ready ? painted(kGreen, "ready") : painted(kRed, "not ready")));
  for (const auto& reason : status["notReady"].items()) add_line(out, "", safe(reason.text()));
  add_line(out, "up", short_age(status["uptimeSeconds"].text()));
  add_line(out, "configuration", safe(status["configuration"].text()));
  add_line(out, "bundle", safe(status["bundle"].text()));
  if (status["reloadFailed"].is_true())
    add_line(out, "reload", painted(kRed, "the last one failed: the rules before it hold"));
  const auto& log = status["log"];
  if (log.is_null()) {
    add_shards(out, status["shards"].items());
  } else {
    add_line(out, "log",
             safe(fmt::format("{}, record {}, cut {}, {}", log["directory"].text(), log["lastRecord"].text(),
                              log["lastCut"].text(), size_text(log["bytes"].text()))));
  }
  if (!log["fault"].is_null()) add_line(out, "", painted(kRed, safe(log["fault"].text())));
  const auto& age = status["snapshotAgeSeconds"];
  add_line(out, "snapshot", age.is_null() ? "none yet" : short_age(age.text()) + " old");
  const auto& model = status["readModel"];
  const auto& cut = model["lastCut"];
  const auto have =
      cut.is_null() ? fmt::format("{} shards", model["shards"].items().size()) : safe("cut " + cut.text());
  add_line(out, "read model", model["fault"].is_null() ? have : painted(kRed, safe(model["fault"].text())));
  add_line(out, "alerts", safe(status["activeAlerts"].text() + " active"));
  out += "\n" + sources_table(status);
  if (!status["incidents"].is_null()) out += "\n" + incidents_table(status["incidents"]);
  return out;
}

ExitCode show(const ConnectionOptions& options) {
  auto connection = Connection::open(options);
  if (!connection) return connection.error();
  const auto status = connection->get("/api/v1/status");
  if (!status) return status.error();
  const auto printed = print_data(options.json ? status->text : status_text(status->value));
  if (printed != ExitCode::good) return printed;
  return status->value["ready"].is_true() ? ExitCode::good : ExitCode::failed;
}

}  // namespace

Command add_status(CLI::App& app) {
  auto* command = app.add_subcommand("status", "Say how a daemon is");
  command->group("Commands");
  command->set_help_flag("-h,--help", "Say what there is, and stop");
  command->footer(kFooter);
  auto options = std::make_shared<ConnectionOptions>();
  add_connection_options(*command, *options);
  return {command, [options] { return show(*options); }};
}

}  // namespace triaged::cli

// `triaged silences`: silences and maintenance windows of a daemon that runs.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "daemon/cli/command.hpp"
#include "daemon/cli/console.hpp"
#include "daemon/cli/remote/acts.hpp"
#include "daemon/cli/remote/connection.hpp"
#include "daemon/cli/remote/table.hpp"
#include "daemon/cli/terminal.hpp"

namespace triaged::cli {

namespace {

constexpr const char* kFooter = R"(Alerts that match wait outside of incidents for as long. Without a subcommand: list.

Examples:
  triaged silences
  triaged silences add 'service="billing"' --for 2h --comment 'migration'
  triaged silences expire SIL-0-3)";
constexpr const char* kAddExamples =
    R"(All matchers must hold. One of --for and --until is needed.

Examples:
  triaged silences add 'service="billing"' 'severity=~"warning|minor"' --for 2h --comment 'migration'
  triaged silences add 'host="db7"' --maintenance --from 2026-03-02T20:00:00Z --until 2026-03-02T22:00:00Z)";
constexpr const char* kExitStatus =
    "Exit status: 0 good; 1 the daemon refused it, or has no such silence; 2 usage; 70 no daemon answers.";

struct ListOptions {
  ConnectionOptions connection;
  std::vector<std::string> states;
};

struct AddOptions {
  ActOptions act;
  std::vector<std::string> matchers;
  std::string duration;
  std::string from;
  std::string until;
  std::string comment;
  bool maintenance = false;
};

struct NamedOptions {
  ActOptions act;
  std::vector<std::string> ids;
};

std::string matchers_text(const wire::JsonValue& silence) {
  std::string text;
  for (const auto& matcher : silence["matchers"].items()) text += (text.empty() ? "" : " ") + matcher.text();
  return text;
}

std::string table_of(const std::vector<wire::JsonValue>& silences) {
  Table table({"ID", "STATE", "FROM", "UNTIL", "BY", "ALERTS", "COMMENT"});
  for (const auto& silence : silences) {
    table.add({{silence["id"].text()},
               {silence["state"].text()},
               {short_time(silence["startsAt"].text())},
               {short_time(silence["endsAt"].text())},
               {silence["createdBy"].text()},
               {matchers_text(silence)},
               {silence["comment"].text()}});
  }
  return render(table);
}

ExitCode list(const ListOptions& options) {
  auto connection = Connection::open(options.connection);
  if (!connection) return connection.error();
  Query query{{"limit", "1000"}};
  if (options.states.empty()) query.emplace_back("state", "active,pending");
  for (const auto& state : options.states)
    query.emplace_back("state", state == "all" ? "active,pending,expired" : state);
  std::vector<wire::JsonValue> silences;
  for (std::string cursor;;) {
    auto page_query = query;
    if (!cursor.empty()) page_query.emplace_back("cursor", cursor);
    const auto page = connection->get("/api/v1/silences", page_query);
    if (!page) return page.error();
    if (options.connection.json) {
      if (const auto printed = print_data(page->text); printed != ExitCode::good) return printed;
    }
    const auto& items = page->value["silences"].items();
    silences.insert(silences.end(), items.begin(), items.end());
    cursor = page->value["next"].text();
    if (cursor.empty()) break;
  }
  if (options.connection.json) return ExitCode::good;
  if (silences.empty()) {
    tell("nothing is silenced\n");
    return ExitCode::good;
  }
  return print_data(table_of(silences));
}

ExitCode show(const NamedOptions& options) {
  auto connection = Connection::open(options.act.connection);
  if (!connection) return connection.error();
  std::vector<wire::JsonValue> silences;
  for (const auto& id : options.ids) {
    auto silence = connection->get("/api/v1/silences/" + http_client::percent_encode(id));
    if (!silence) return silence.error();
    if (options.act.connection.json) {
      if (const auto printed = print_data(silence->text); printed != ExitCode::good) return printed;
    }
    silences.push_back(std::move(silence->value));
  }
  return options.act.connection.json ? ExitCode::good : print_data(table_of(silences));
}

std::string outcome_line(const wire::JsonValue& answer) {
  const auto& silence = answer["silence"];
  const auto& state = silence["state"].text();
  return fit(fmt::format("{} {}, {} {}: {}", silence["id"].text(), state, state == "expired" ? "ended at" : "until",
                         short_time(silence["endsAt"].text()), matchers_text(silence)),
             SIZE_MAX);
}

ExitCode add(const AddOptions& options) {
  if (options.duration.empty() == options.until.empty()) {
    complain("a silence ends: one of --for and --until is needed");
    return ExitCode::usage;
  }
  auto connection = Connection::open(options.act.connection);
  if (!connection) return connection.error();
  CommandText text(options.maintenance ? "maintenance" : "silence");
  text.add_list("matchers", options.matchers).add_if_any("duration", options.duration);
  text.add_if_any("startsAt", options.from).add_if_any("endsAt", options.until).add_if_any("comment", options.comment);
  return act(options.act, *connection, std::move(text), outcome_line);
}

ExitCode expire(const NamedOptions& options) {
  if (!options.act.key.empty() && options.ids.size() > 1) {
    complain("--key is one command's: give one silence with it");
    return ExitCode::usage;
  }
  auto connection = Connection::open(options.act.connection);
  if (!connection) return connection.error();
  auto worst = ExitCode::good;
  for (const auto& id : options.ids) {
    CommandText text("expire");
    text.add("id", id);
    const auto done = act(options.act, *connection, std::move(text), outcome_line);
    if (worst == ExitCode::good) worst = done;
  }
  return worst;
}

void add_list_options(CLI::App& command, ListOptions& options) {
  command
      .add_option("--state", options.states,
                  "active, pending, expired, or all; several with commas, or again (default: active,pending)")
      ->type_name("STATE")
      ->allow_extra_args(false);
  add_connection_options(command, options.connection);
}

CLI::App& add_action(CLI::App& silences, const std::string& name, const std::string& what,
                     const std::string& examples) {
  auto* action = silences.add_subcommand(name, what);
  action->set_help_flag("-h,--help", "Say what there is, and stop");
  action->footer(examples + "\n\n" + kExitStatus);
  return *action;
}

void add_add_options(CLI::App& command, AddOptions& options) {
  command.add_option("MATCHER", options.matchers, "Which alerts, as in rules: 'service=\"web\"'")
      ->required()
      ->type_name("");
  command.add_option("--for", options.duration, "How long")->type_name("DURATION");
  command.add_option("--from", options.from, "When it begins (default: now)")->type_name("TIME");
  command.add_option("--until", options.until, "When it ends")->type_name("TIME");
  command.add_option("--comment", options.comment, "Why")->type_name("TEXT");
  command.add_flag("--maintenance", options.maintenance, "A maintenance window");
  add_act_options(command, options.act);
}

}  // namespace

Command add_silences(CLI::App& app) {
  auto* command = app.add_subcommand("silences", "List, add and expire silences and maintenance windows of a daemon");
  command->group("Commands");
  command->set_help_flag("-h,--help", "Say what there is, and stop");
  command->footer(fmt::format("{}\n\n{}", kFooter, kExitStatus));
  command->require_subcommand(0, 1);
  auto listed = std::make_shared<ListOptions>();
  auto shown = std::make_shared<NamedOptions>();
  auto added = std::make_shared<AddOptions>();
  auto expired = std::make_shared<NamedOptions>();
  add_list_options(*command, *listed);
  auto filtered = std::make_shared<ListOptions>();
  auto& list_action =
      add_action(*command, "list", "Silences by state", "Example:\n  triaged silences list --state all");
  add_list_options(list_action, *filtered);
  auto& show_action =
      add_action(*command, "show", "Silences that are named", "Example:\n  triaged silences show SIL-0-3");
  show_action.add_option("ID", shown->ids, "Which")->required()->type_name("");
  add_connection_options(show_action, shown->act.connection);
  auto& add_one = add_action(*command, "add", "Silence alerts, or announce maintenance", kAddExamples);
  add_add_options(add_one, *added);
  auto& expire_action =
      add_action(*command, "expire", "End silences now", "Example:\n  triaged silences expire SIL-0-3");
  expire_action.add_option("ID", expired->ids, "Which")->required()->type_name("");
  add_act_options(expire_action, expired->act);
  return {command, [=, &list_action, &show_action, &add_one, &expire_action] {
            if (show_action.parsed()) return show(*shown);
            if (add_one.parsed()) return add(*added);
            if (expire_action.parsed()) return expire(*expired);
            return list(list_action.parsed() ? *filtered : *listed);
          }};
}

}  // namespace triaged::cli

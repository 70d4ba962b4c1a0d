// `triaged incidents`: list, show, and act on the incidents of a daemon that runs.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "config/reading/duration.hpp"
#include "connectors/clock/clock.hpp"
#include "connectors/wire/rfc3339.hpp"
#include "daemon/cli/command.hpp"
#include "daemon/cli/console.hpp"
#include "daemon/cli/remote/acts.hpp"
#include "daemon/cli/remote/connection.hpp"
#include "daemon/cli/remote/incident_text.hpp"
#include "daemon/cli/terminal.hpp"

namespace triaged::cli {

namespace {

constexpr const char* kFooter =
    R"(Without a subcommand: list. `triaged incidents SUBCOMMAND --help` says more about each.

Examples:
  triaged incidents                               what is open, the most urgent first
  triaged incidents list --state all --since 2h
  triaged incidents show INC-0-17
  triaged incidents ack INC-0-17 INC-0-18
  triaged incidents assign INC-0-17 --to ann --team shop)";
constexpr const char* kExitStatus =
    "Exit status: 0 good; 1 the daemon refused it, or has no such incident; 2 usage; 70 no daemon answers.";

using Run = std::function<ExitCode()>;

struct ListOptions {
  ConnectionOptions connection;
  std::vector<std::string> states;
  std::vector<std::string> priorities;
  std::vector<std::string> severities;
  std::vector<std::string> services;
  std::vector<std::string> rules;
  std::vector<std::string> teams;
  std::vector<std::string> assignees;
  std::string since;
  std::string until;
  std::string text;
  std::string sort;
  std::size_t limit = 100;
};

/// A time, or how long ago it was; absent: neither.
std::optional<std::string> read_time(const std::string& text) {
  if (wire::parse_time(text)) return text;
  const auto ago = config::parse_duration(text);
  if (!ago) return std::nullopt;
  std::string time;
  wire::append_time(time, clock::now() - *ago);
  return time;
}

std::optional<Query> query_of(const ListOptions& options) {
  Query query;
  const auto add_each = [&](const char* name, const std::vector<std::string>& values) {
    for (const auto& value : values) query.emplace_back(name, value);
  };
  const bool every_state = options.states == std::vector<std::string>{"all"};
  if (options.states.empty()) query.emplace_back("state", "open,acknowledged");
  if (!every_state) add_each("state", options.states);
  add_each("priority", options.priorities);
  add_each("severity", options.severities);
  add_each("service", options.services);
  add_each("rule", options.rules);
  add_each("team", options.teams);
  add_each("assignee", options.assignees);
  for (const auto& [name, value] : {std::pair{"since", &options.since}, {"until", &options.until}}) {
    if (value->empty()) continue;
    const auto time = read_time(*value);
    if (!time) {
      complain(fmt::format("--{} \"{}\" is neither a time (2026-03-02T09:30:00Z) nor how long ago (2h)", name, *value));
      return std::nullopt;
    }
    query.emplace_back(name, *time);
  }
  if (!options.text.empty()) query.emplace_back("q", options.text);
  if (!options.sort.empty()) query.emplace_back("sort", options.sort);
  return query;
}

bool filters(const ListOptions& options) {
  for (const auto* several : {&options.states, &options.priorities, &options.severities, &options.services,
                              &options.rules, &options.teams, &options.assignees}) {
    if (!several->empty()) return true;
  }
  return !options.since.empty() || !options.until.empty() || !options.text.empty();
}

/// Why nothing is open although alerts fire; empty: none does, or nobody can say.
std::string why_nothing_is_open(Connection& connection) {
  const auto status = connection.get("/api/v1/status");
  if (!status) return {};
  const auto& active = status->value["activeAlerts"].text();
  if (active.empty() || active == "0") return {};
  const auto told = connection.get("/api/v1/alerts", {{"state", "firing,flapping"}, {"limit", "1"}});
  const bool waiting = told && told->value["alerts"].items().empty();
  return fmt::format("; {} active alert{} {}", active, active == "1" ? "" : "s",
                     waiting ? "wait for their cause, as long as the rule's `hold` says"
                             : "wait for their cause, or are in no incident: GET /api/v1/alerts says which, and why");
}

/// Page by page, up to the limit.
ExitCode list(const ListOptions& options) {
  auto query = query_of(options);
  if (!query) return ExitCode::usage;
  auto connection = Connection::open(options.connection);
  if (!connection) return connection.error();
  constexpr std::size_t kPage = 1000;
  std::vector<wire::JsonValue> incidents;
  std::size_t left = options.limit;
  bool more = true;
  std::string cursor;
  while (more && left > 0) {
    auto page_query = *query;
    page_query.emplace_back("limit", fmt::format("{}", std::min(left, kPage)));
    if (!cursor.empty()) page_query.emplace_back("cursor", cursor);
    const auto page = connection->get("/api/v1/incidents", page_query);
    if (!page) return page.error();
    if (options.connection.json) {
      if (const auto printed = print_data(page->text); printed != ExitCode::good) return printed;
    }
    const auto& items = page->value["incidents"].items();
    incidents.insert(incidents.end(), items.begin(), items.end());
    left -= std::min(left, items.size());
    cursor = page->value["next"].text();
    more = !cursor.empty();
  }
  if (more)
    tell(fmt::format("there are more: --limit {} shows the first {}\n", options.limit * 10, options.limit * 10));
  if (options.connection.json) return ExitCode::good;
  if (incidents.empty()) {
    tell(filters(options) ? "no incident is like that\n"
                          : fmt::format("nothing is open{}\n", why_nothing_is_open(*connection)));
    return ExitCode::good;
  }
  return print_data(incident_table(incidents));
}

ExitCode show(const ConnectionOptions& options, const std::vector<std::string>& ids) {
  auto connection = Connection::open(options);
  if (!connection) return connection.error();
  for (const auto& id : ids) {
    const auto path = "/api/v1/incidents/" + http_client::percent_encode(id);
    const auto incident = connection->get(path);
    if (!incident) return incident.error();
    std::string text = incident->text;
    if (!options.json) {
      const auto timeline = connection->get(path + "/timeline", {{"limit", "1000"}});
      if (!timeline) return timeline.error();
      text = incident_text(incident->value, timeline->value["timeline"].items());
    }
    if (const auto printed = print_data(text); printed != ExitCode::good) return printed;
  }
  return ExitCode::good;
}

/// "INC-0-17 acknowledged P2 title"
std::string outcome_line(const wire::JsonValue& answer) {
  const auto& incident = answer["incident"];
  auto line = fmt::format("{} {}, {}: {}", incident["id"].text(), incident["state"].text(), incident["priority"].text(),
                          incident["title"].text());
  if (const auto& made = answer["newIncident"]; !made.is_null()) {
    line += fmt::format("\n{} {}, {}: {}", made["id"].text(), made["state"].text(), made["priority"].text(),
                        made["title"].text());
  }
  if (answer["command"]["repeated"].is_true()) line += " (was done before)";
  std::string shown;
  for (std::size_t begin = 0; begin <= line.size();) {
    const auto end = std::min(line.find('\n', begin), line.size());
    shown += (begin == 0 ? "" : "\n") + fit(std::string_view(line).substr(begin, end - begin), SIZE_MAX);
    begin = end + 1;
  }
  return shown;
}

/// The same command for each; the first fault's exit code, after all were tried.
ExitCode act_on_each(const ActOptions& options, const std::string& command, const std::vector<std::string>& ids,
                     const std::function<void(CommandText&)>& complete) {
  if (!options.key.empty() && ids.size() > 1) {
    complain("--key is one command's: give one incident with it");
    return ExitCode::usage;
  }
  auto connection = Connection::open(options.connection);
  if (!connection) return connection.error();
  auto worst = ExitCode::good;
  for (const auto& id : ids) {
    CommandText text(command);
    text.add("incident", id);
    complete(text);
    const auto done = act(options, *connection, std::move(text), outcome_line);
    if (worst == ExitCode::good) worst = done;
  }
  return worst;
}

/// Subcommands of one command: what each does is found by which was parsed.
class Actions {
 public:
  explicit Actions(CLI::App& incidents) : incidents_(incidents) {}

  CLI::App& add(const std::string& name, const std::string& what, std::string_view example) {
    auto* action = incidents_.add_subcommand(name, what);
    action->set_help_flag("-h,--help", "Say what there is, and stop");
    action->footer(fmt::format("Example:\n  triaged incidents {} {}\n\n{}", name, example, kExitStatus));
    return *action;
  }
  void run(CLI::App& action, Run run) { runs_.emplace_back(&action, std::move(run)); }
  [[nodiscard]] ExitCode run_parsed(const Run& otherwise) const {
    for (const auto& [action, run] : runs_) {
      if (action->parsed()) return run();
    }
    return otherwise();
  }

 private:
  CLI::App& incidents_;
  std::vector<std::pair<CLI::App*, Run>> runs_;
};

struct Act {
  ActOptions options;
  std::vector<std::string> ids;
  std::string first;
  std::string second;
  std::vector<std::string> several;
};

/// One that acts on incidents that are named.
std::shared_ptr<Act> add_act(Actions& actions, CLI::App& action, const std::string& command, bool one,
                             std::function<void(const Act&, CommandText&)> complete) {
  auto act = std::make_shared<Act>();
  if (one) {
    const auto set = [act](const std::string& id) { act->ids = {id}; };
    action.add_option_function<std::string>("ID", set, "The incident")->required()->type_name("");
  } else {
    action.add_option("ID", act->ids, "Incidents")->required()->type_name("");
  }
  add_act_options(action, act->options);
  actions.run(action, [act, command, complete = std::move(complete)] {
    return act_on_each(act->options, command, act->ids, [&](CommandText& text) { complete(*act, text); });
  });
  return act;
}

void add_acts(Actions& actions) {
  const auto nothing = [](const Act&, CommandText&) {};
  add_act(actions, actions.add("ack", "Acknowledge incidents", "INC-0-17 INC-0-18"), "acknowledge", false, nothing);
  auto& assign = actions.add("assign", "Say who looks after an incident", "INC-0-17 --to ann --team shop");
  const auto assigned = add_act(actions, assign, "assign", false, [](const Act& act, CommandText& text) {
    text.add_if_any("assignee", act.first).add_if_any("team", act.second);
  });
  assign.add_option("--to", assigned->first, "A person; this or --team, or both")->type_name("NAME");
  assign.add_option("--team", assigned->second, "A team")->type_name("NAME");
  assign.callback([assigned] {
    if (assigned->first.empty() && assigned->second.empty())
      throw CLI::ValidationError("assign to whom? --to or --team");
  });
  auto& comment = actions.add("comment", "Say something to an incident", "INC-0-17 'the disk is being replaced'");
  const auto said = add_act(actions, comment, "comment", true,
                            [](const Act& act, CommandText& text) { text.add("text", act.first); });
  comment.add_option("TEXT", said->first, "What")->required()->type_name("");
  add_act(actions, actions.add("resolve", "Resolve incidents by hand", "INC-0-17"), "resolve", false, nothing);
  add_act(actions, actions.add("reopen", "Open incidents again", "INC-0-17"), "reopen", false, nothing);
  add_act(actions, actions.add("close", "Close incidents", "INC-0-17"), "close", false, nothing);
  auto& merge = actions.add("merge", "Put incidents into another", "INC-0-18 INC-0-19 --into INC-0-17");
  const auto merged =
      add_act(actions, merge, "merge", false, [](const Act& act, CommandText& text) { text.add("into", act.first); });
  merge.add_option("--into", merged->first, "The one that goes on")->required()->type_name("ID");
  auto& split = actions.add("split", "Move alerts of an incident to a new one", "INC-0-17 0123456789abcdef");
  const auto parted = add_act(actions, split, "split", true,
                              [](const Act& act, CommandText& text) { text.add_list("alerts", act.several); });
  split.add_option("FINGERPRINT", parted->several, "Alerts, as `show` has them")->required()->type_name("");
}

void add_list_options(CLI::App& command, ListOptions& options) {
  const auto add = [&](const char* name, std::vector<std::string>& values, const char* what, const char* type) {
    command.add_option(name, values, what)->type_name(type)->allow_extra_args(false);
  };
  add("--state", options.states,
      "open, acknowledged, resolved, closed, merged, or all; several with commas, or again (default: "
      "open,acknowledged)",
      "STATE");
  add("--priority", options.priorities, "P1 to P5; several as with --state", "PRIORITY");
  add("--severity", options.severities, "critical, major, minor, warning, info; several as with --state", "SEVERITY");
  add("--service", options.services, "An affected service", "NAME");
  add("--rule", options.rules, "The rule that made it", "NAME");
  add("--team", options.teams, "Which team looks after it", "NAME");
  add("--assignee", options.assignees, "Who looks after it", "NAME");
  command.add_option("--since", options.since, "Updated at or after: a time, or how long ago")->type_name("TIME");
  command.add_option("--until", options.until, "Updated before")->type_name("TIME");
  command.add_option("-q,--search", options.text, "A part of the title or the id")->type_name("TEXT");
  command.add_option("--sort", options.sort, "priority (default), [-]updatedAt, [-]startedAt, [-]number")
      ->type_name("ORDER");
  command.add_option("--limit", options.limit, "At most so many (default 100)")
      ->type_name("N")
      ->check(CLI::PositiveNumber.description(""));
  add_connection_options(command, options.connection);
}

}  // namespace

Command add_incidents(CLI::App& app) {
  auto* command = app.add_subcommand("incidents", "List, show and act on the incidents of a daemon");
  command->group("Commands");
  command->set_help_flag("-h,--help", "Say what there is, and stop");
  command->footer(fmt::format("{}\n\n{}", kFooter, kExitStatus));
  command->require_subcommand(0, 1);
  auto actions = std::make_shared<Actions>(*command);

  auto listed = std::make_shared<ListOptions>();
  add_list_options(*command, *listed);
  auto& list_action = actions->add("list", "Incidents by filters", "--state open,resolved --priority P1,P2 --since 2h");
  auto filtered = std::make_shared<ListOptions>();
  add_list_options(list_action, *filtered);
  actions->run(list_action, [filtered] { return list(*filtered); });

  auto& show_action = actions->add("show", "All of an incident", "INC-0-17");
  struct Shown {
    ConnectionOptions connection;
    std::vector<std::string> ids;
  };
  auto shown = std::make_shared<Shown>();
  show_action.add_option("ID", shown->ids, "Incidents")->required()->type_name("");
  add_connection_options(show_action, shown->connection);
  actions->run(show_action, [shown] { return show(shown->connection, shown->ids); });
  add_acts(*actions);
  return {command, [actions, listed] { return actions->run_parsed([&] { return list(*listed); }); }};
}

}  // namespace triaged::cli

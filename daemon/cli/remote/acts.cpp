#include "daemon/cli/remote/acts.hpp"

#include <array>
#include <cstdlib>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include "connectors/wire/json_text.hpp"
#include "daemon/cli/console.hpp"

namespace triaged::cli {

std::string& CommandText::field(std::string_view name) {
  out_ += out_.size() > 1 ? ",\"" : "\"";
  return out_.append(name).append("\":");
}

CommandText& CommandText::add(std::string_view name, std::string_view text) {
  wire::append_string(field(name), text);
  return *this;
}

CommandText& CommandText::add_list(std::string_view name, const std::vector<std::string>& texts) {
  field(name) += '[';
  for (const auto& text : texts) {
    if (!out_.ends_with('[')) out_ += ',';
    wire::append_string(out_, text);
  }
  out_ += ']';
  return *this;
}

namespace {

/// As the shell says, else as the machine knows this user; services and containers have no $USER.
std::string login_name() {
  if (const char* login = std::getenv("USER"); login != nullptr && *login != '\0') return login;
  std::array<char, 4096> space{};
  passwd entry{};
  passwd* found = nullptr;
  const bool known = ::getpwuid_r(::getuid(), &entry, space.data(), space.size(), &found) == 0 && found != nullptr;
  return known ? found->pw_name : "";
}

}  // namespace

void add_act_options(CLI::App& command, ActOptions& options) {
  add_connection_options(command, options.connection);
  options.actor = login_name();
  command
      .add_option("--actor", options.actor,
                  "Who does it, where the daemon has no users (default: $USER, else the login's name)")
      ->type_name("NAME");
  command.add_option("--key", options.key, "Done once for each key, however often it is sent (default: a new one)")
      ->type_name("TEXT");
}

ExitCode act(const ActOptions& options, Connection& connection, CommandText command,
             const std::function<std::string(const wire::JsonValue&)>& line) {
  command.add_if_any("key", options.key).add_if_any("actor", options.actor);
  const auto answer = connection.post("/api/v1/commands", command.text());
  if (!answer) return answer.error();
  if (options.connection.json) return print_data(answer->text);
  if (answer->value["command"].is_null()) {
    tell(fmt::format("taken, and not done yet: GET /api/v1/commands/{} will tell\n", answer->value["id"].text()));
    return ExitCode::good;
  }
  return print_data(line(answer->value) + "\n");
}

}  // namespace triaged::cli

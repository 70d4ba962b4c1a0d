// Commands that a subcommand gives to the daemon.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/cli/exit_code.hpp"
#include "daemon/cli/remote/connection.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's
class App;
}

namespace triaged::cli {

/// One command as JSON, field by field. Without a key: the daemon makes one.
class CommandText {
 public:
  explicit CommandText(std::string_view command) { add("command", command); }
  CommandText& add(std::string_view name, std::string_view text);
  CommandText& add_if_any(std::string_view name, std::string_view text) {
    return text.empty() ? *this : add(name, text);
  }
  CommandText& add_list(std::string_view name, const std::vector<std::string>& texts);
  [[nodiscard]] std::string text() const { return out_ + "}"; }

 private:
  std::string& field(std::string_view name);
  std::string out_ = "{";
};

struct ActOptions {
  ConnectionOptions connection;
  std::string actor;  // for a daemon that asks nobody who they are
  std::string key;
};

/// Those of a connection, --actor and --key.
void add_act_options(CLI::App& command, ActOptions& options);

/// Sends it and prints what came of it: the answer with -o json, else `line(answer)`. What the daemon has taken without
/// knowing yet what it leads to is told on standard error, and is good.
[[nodiscard]] ExitCode act(const ActOptions& options, Connection& connection, CommandText command,
                           const std::function<std::string(const wire::JsonValue&)>& line);

}  // namespace triaged::cli

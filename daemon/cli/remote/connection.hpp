// The way from a subcommand to a daemon that runs: where it is, who asks, and what to say where that fails.
#pragma once

#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "connectors/http_client/client.hpp"
#include "connectors/wire/json/json_value.hpp"
#include "daemon/cli/exit_code.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's
class App;
}

namespace triaged::cli {

struct ConnectionOptions {
  std::string url;
  std::string config;
  std::string user;
  std::string password_file;
  std::string token_file;
  std::string ca_file;
  bool json = false;  // -o json
};

/// --url, --config, --user, …, and -o.
void add_connection_options(CLI::App& command, ConnectionOptions& options);

/// One answer of the API.
struct Document {
  std::string text;  // as it came
  wire::JsonValue value;
};

/// A list's parameters: names and values.
using Query = std::vector<std::pair<std::string, std::string>>;

/// Faults are told on standard error, and come back as the exit code: failed where the daemon refused (it is not there,
/// its state forbids it), usage where it did not understand, internal where there is no daemon or no answer.
class Connection {
 public:
  static std::expected<Connection, ExitCode> open(const ConnectionOptions& options);

  std::expected<Document, ExitCode> get(const std::string& path, const Query& query = {});
  std::expected<Document, ExitCode> post(const std::string& path, const std::string& body);

 private:
  Connection(std::string url, http_client::Client client) : url_(std::move(url)), client_(std::move(client)) {}
  std::expected<Document, ExitCode> read(std::expected<http_client::Answer, http_client::Error> answer);

  std::string url_;
  http_client::Client client_;
};

/// Where the daemon is: --url, else the variable's text, else the address in the file `listen` of the state folder,
/// else the default. A fault is told on standard error.
[[nodiscard]] std::expected<std::string, ExitCode> daemon_url(const ConnectionOptions& options,
                                                              const char* environment);

}  // namespace triaged::cli

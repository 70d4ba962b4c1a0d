#include "daemon/cli/remote/connection.hpp"

#include <cstdlib>
#include <fstream>
#include <optional>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "config/load.hpp"
#include "daemon/cli/console.hpp"
#include "daemon/cli/terminal.hpp"

namespace triaged::cli {

namespace {

constexpr std::string_view kDefaultUrl = "http://127.0.0.1:9595";

/// The first line, without the newline; absent: it can't be read.
std::optional<std::string> first_line(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  if (!in || !std::getline(in, line)) return std::nullopt;
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

/// An address that stands for all of a machine's is reached on loopback.
std::string url_of(std::string address, bool tls) {
  if (address.starts_with("http://") || address.starts_with("https://")) return address;
  if (address.starts_with("0.0.0.0:")) address.replace(0, 7, "127.0.0.1");
  if (address.starts_with("[::]:")) address.replace(0, 4, "[::1]");
  return (tls ? "https://" : "http://") + address;
}

/// In a message: somebody else's words.
std::string shown(std::string_view text) { return fit(text, 400); }

std::string explain(const http_client::Error& error, const std::string& url) {
  using Kind = http_client::Error::Kind;
  switch (error.kind) {
    case Kind::unreachable:
      return fmt::format("no daemon answers at {}: start one with `triaged run`, or say where with --url", url);
    case Kind::timeout: return fmt::format("the daemon at {} does not answer: {}", url, shown(error.message));
    case Kind::tls:
      return fmt::format("no secure connection to {}: {}; --ca-file names whom to trust", url, shown(error.message));
    case Kind::other: break;
  }
  return fmt::format("{}: {}", url, shown(error.message));
}

ExitCode meaning(int status) {
  if (status == 404 || status == 409) return ExitCode::failed;
  return status == 400 || status == 401 || status == 403 ? ExitCode::usage : ExitCode::internal;
}

/// What a problem says; of what is none, its status.
std::string fault_of(int status, const wire::JsonValue& problem) {
  auto text = shown(problem["detail"].text());
  if (text.empty()) text = shown(problem["title"].text());
  if (text.empty()) text = fmt::format("the answer has status {}", status);
  const auto& faults = problem["invalidParameters"].items();
  for (std::size_t at = 1; at < faults.size(); ++at) {
    text += fmt::format("\n  {} {}", shown(faults[at]["parameter"].text()), shown(faults[at]["reason"].text()));
  }
  if (status == 401) text += "; --user or --token-file says who you are";
  return text;
}

}  // namespace

std::expected<std::string, ExitCode> daemon_url(const ConnectionOptions& options, const char* environment) {
  std::string url = options.url;
  if (url.empty() && environment != nullptr) url = environment;
  if (url.empty()) {
    config::Settings settings;
    if (!options.config.empty()) {
      auto loaded = config::load_configuration(options.config);
      // Faults in rules are no reason not to ask a daemon that runs with older ones.
      if (verdict(loaded.diagnostics) == ExitCode::usage) {
        print_diagnostics(loaded.diagnostics);
        return std::unexpected(ExitCode::usage);
      }
      settings = std::move(loaded.settings);
    }
    const auto address = first_line(settings.state_directory + "/listen");
    if (address || !options.config.empty()) {
      url = url_of(address.value_or(settings.http.listen), settings.http.tls.has_value());
    }
  }
  if (url.empty()) url = kDefaultUrl;
  while (url.ends_with('/')) url.pop_back();
  return url_of(std::move(url), false);
}

void add_connection_options(CLI::App& command, ConnectionOptions& options) {
  command
      .add_option("--url", options.url,
                  "The daemon (default: $TRIAGED_URL, else state/listen, else " + std::string(kDefaultUrl) + ")")
      ->type_name("URL");
  command.add_option("--config", options.config, "The daemon's triaged.yaml, which says where it is")
      ->type_name("FILE");
  command.add_option("--user", options.user, "Who asks")->type_name("NAME");
  command.add_option("--password-file", options.password_file, "The user's password")->type_name("FILE");
  command.add_option("--token-file", options.token_file, "A bearer token, instead of user and password")
      ->type_name("FILE");
  command.add_option("--ca-file", options.ca_file, "Who signed the daemon's certificate (PEM)")->type_name("FILE");
  command
      .add_option_function<std::string>(
          "-o,--output", [&options](const std::string& format) { options.json = format == "json"; },
          "text (default), or json: the daemon's answer")
      ->check(CLI::IsMember({"text", "json"}).description(""))
      ->type_name("FORMAT");
}

std::expected<Connection, ExitCode> Connection::open(const ConnectionOptions& options) {
  http_client::Target target;
  auto url = daemon_url(options, std::getenv("TRIAGED_URL"));
  if (!url) return std::unexpected(url.error());
  target.url = *url;
  target.user = options.user;
  target.ca_file = options.ca_file;
  for (const auto& [file, secret] :
       {std::pair{&options.password_file, &target.password}, {&options.token_file, &target.token}}) {
    if (file->empty()) continue;
    auto line = first_line(*file);
    if (!line) {
      complain(fmt::format("{}: can't be read", *file));
      return std::unexpected(ExitCode::usage);
    }
    *secret = *std::move(line);
  }
  return Connection(*std::move(url), http_client::Client(std::move(target)));
}

std::expected<Document, ExitCode> Connection::read(std::expected<http_client::Answer, http_client::Error> answer) {
  if (!answer) {
    complain(explain(answer.error(), url_));
    return std::unexpected(ExitCode::internal);
  }
  auto value = wire::JsonValue::parse(answer->body);
  if (answer->status >= 300 || answer->status < 200) {
    complain(fault_of(answer->status, value ? *value : wire::JsonValue()));
    return std::unexpected(meaning(answer->status));
  }
  if (!value) {
    complain(fmt::format("{} is no triaged: its answer is not JSON ({})", url_, shown(value.error())));
    return std::unexpected(ExitCode::internal);
  }
  return Document{std::move(answer->body), *std::move(value)};
}

std::expected<Document, ExitCode> Connection::get(const std::string& path, const Query& query) {
  std::string target = path;
  for (const auto& [name, value] : query) {
    target += target.find('?') == std::string::npos ? '?' : '&';
    target += name + "=" + http_client::percent_encode(value);
  }
  return read(client_.get(target));
}

std::expected<Document, ExitCode> Connection::post(const std::string& path, const std::string& body) {
  return read(client_.post(path, body));
}

}  // namespace triaged::cli

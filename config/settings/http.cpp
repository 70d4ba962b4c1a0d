#include "config/settings/http.hpp"

#include <set>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "config/reading/environment.hpp"
#include "config/reading/options.hpp"
#include "config/reading/size.hpp"

namespace triaged::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using yaml::Faults;
using yaml::Node;

constexpr IntegerBounds kConnections{1, 65536};
constexpr SizeBounds kBody{std::uint64_t{1} << 10U, std::uint64_t{256} << 20U};

void read_listen(const Node& node, Faults& faults, HttpSettings& settings) {
  const auto text = read_expanded(node, faults);
  if (!text) return;
  const auto colon = text->rfind(':');
  const std::string host = text->substr(0, colon);
  const std::string port = colon == std::string::npos ? "" : text->substr(colon + 1);
  const bool digits = !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string::npos;
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (host.empty() || !digits || std::stoul(port) > 65535 || (host.find(':') != std::string::npos && !bracketed)) {
    faults.error(node.at, fmt::format("expected an address and a port such as '127.0.0.1:9595' or '[::1]:9595', found "
                                      "\"{}\"",
                                      *text));
    return;
  }
  settings.listen = *text;
}

void read_tls(const Node& node, Faults& faults, HttpSettings& settings) {
  static const Options<TlsSettings> kOptions(
      "\"tls\"", {
                     required(expanded_option("certificate", &TlsSettings::certificate,
                                              "The listener's certificate and those that lead to it, PEM.")),
                     required(expanded_option("key", &TlsSettings::key, "Its private key, PEM.")),
                     expanded_option("client_authorities", &TlsSettings::client_authorities,
                                     "Who signs clients' certificates, PEM; with it each client needs one."),
                 });
  TlsSettings tls;
  if (kOptions.read(node, faults, tls)) settings.tls = std::move(tls);
}

const Options<UserSettings>& user_options() {
  static const Options<UserSettings> kOptions(
      "a user", {
                    required(text_option("name", &UserSettings::name, "Unique; stands in the audit trail.")),
                    expanded_option("password_file", &UserSettings::password_file,
                                    "Holds the password's hash: scrypt$N$r$p$salt$hash."),
                    expanded_option("token_file", &UserSettings::token_file, "Holds the bearer token."),
                    choice_option("role", &UserSettings::role, "role",
                                  {{"read", Role::read}, {"write", Role::write}, {"admin", Role::admin}},
                                  "What they may do; write includes read, admin both."),
                });
  return kOptions;
}

void read_users(const Node& node, Faults& faults, HttpSettings& settings) {
  const auto* entries = read_list(node, faults, "users");
  if (entries == nullptr) return;
  std::set<std::string, std::less<>> names;
  for (const Node& entry : *entries) {
    UserSettings user;
    if (!user_options().read(entry, faults, user)) continue;
    const Node* name = find(entry, "name");
    if (name != nullptr && user.name.find(':') != std::string::npos) {
      faults.error(name->at, "a user's name has no colon in it: in HTTP the password follows one");
    } else if (name != nullptr && !user.name.empty() && !names.insert(user.name).second) {
      faults.error(name->at, fmt::format("a user \"{}\" stands here already", user.name));
    }
    if (find(entry, "password_file") == nullptr && find(entry, "token_file") == nullptr) {
      faults.error(entry.at, "a user needs \"password_file\" or \"token_file\"");
    }
    settings.users.push_back(std::move(user));
  }
}

const Options<HttpSettings>& options() {
  using H = HttpSettings;
  static const Options<H> kOptions(
      "\"http\"",
      {
          {"listen", "address:port", "", "Port 0: any that is free.", read_listen},
          {"tls", "{certificate, key, client_authorities}", "", "Files, beside this file.", read_tls},
          {"users", "list of users", "", "Who may use the listener; without users, everybody.", read_users},
          integer_option("max_connections", &H::max_connections, kConnections, "At once; more are turned away."),
          integer_option("max_connections_per_address", &H::max_connections_per_address, kConnections,
                         "At once from one address."),
          size_option("max_body", &H::max_body, kBody, "Of a request, after decompression."),
          duration_option("request_timeout", &H::request_timeout, {milliseconds(100), minutes(10)},
                          "From the first byte of a request to its last."),
          duration_option("idle_timeout", &H::idle_timeout, {milliseconds(100), hours(1)},
                          "A connection without a request is closed after it."),
      });
  return kOptions;
}

}  // namespace

bool is_loopback(const std::string& listen) {
  std::string host = listen.substr(0, listen.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") return true;
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24U == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

void read_http_settings(const Node& node, Faults& faults, HttpSettings& settings) {
  const std::size_t faults_before = faults.count();
  if (!options().read(node, faults, settings) || faults.count() > faults_before) return;
  const Node* listen = find(node, "listen");
  if (listen == nullptr || is_loopback(settings.listen) || (settings.tls && !settings.users.empty())) return;
  const char* missing = settings.tls ? "\"users\"" : settings.users.empty() ? "\"tls\" and \"users\"" : "\"tls\"";
  faults.error(listen->at, fmt::format("other machines can reach {}: that needs {} in \"http\"; or listen on 127.0.0.1",
                                       settings.listen, missing));
}

}  // namespace triaged::config

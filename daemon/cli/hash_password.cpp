// `triaged hash-password`: the line of a password file.
#include <array>
#include <iostream>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <unistd.h>

#include "connectors/http/auth/password.hpp"
#include "daemon/cli/command.hpp"
#include "daemon/cli/console.hpp"

namespace triaged::cli {
namespace {

constexpr const char* kFooter =
    R"(Reads one line from standard input; from a terminal, twice and without showing it. Writes what belongs into the
`password_file` of a user. Who signs in, gives the password itself.

Examples:
  (umask 077; triaged hash-password > /etc/triaged/anna.password)
  (umask 077; pass show triaged/anna | triaged hash-password > /etc/triaged/anna.password))";

/// What was said is why there is none.
std::optional<std::string> ask() {
  std::array<char, 1024> typed{};
  const int failed =
      EVP_read_pw_string_min(typed.data(), 1, static_cast<int>(typed.size()), "Password: ", 1);  // it handles Ctrl-C
  std::optional<std::string> password;
  if (failed == 0) password = typed.data();
  OPENSSL_cleanse(typed.data(), typed.size());
  if (!password) complain("there is no password, or what was typed differs");
  return password;
}

std::optional<std::string> read_line() {
  std::string password;
  std::getline(std::cin, password);
  if (password.ends_with('\r')) password.pop_back();
  if (!password.empty()) return password;
  complain("there is no password on standard input");
  return std::nullopt;
}

ExitCode hash_password() {
  const auto password = ::isatty(STDIN_FILENO) == 1 ? ask() : read_line();
  if (!password) return ExitCode::usage;
  const auto hash = http::PasswordHash::make(*password);
  if (hash) return print_data(hash->line() + "\n");
  complain(hash.error());
  return ExitCode::internal;
}

}  // namespace

Command add_hash_password(CLI::App& app) {
  auto* command = app.add_subcommand("hash-password", "Make the line of a user's password file");
  command->group("Commands");
  command->set_help_flag("-h,--help", "Say what there is, and stop");
  command->footer(kFooter);
  return {command, hash_password};
}

}  // namespace triaged::cli

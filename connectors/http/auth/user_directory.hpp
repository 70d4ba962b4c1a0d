// The users of the configuration: basic authentication (RFC 7617) against a password file, bearer tokens (RFC 6750)
// against a token file.
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>

#include "config/settings/settings.hpp"
#include "connectors/http/auth/authenticator.hpp"
#include "connectors/http/auth/failed_logins.hpp"
#include "connectors/http/auth/password.hpp"

namespace triaged::http {

/// A token is taken in any number of attempts, so it can't be a word.
inline constexpr std::size_t kMinToken = 20;

/// Reads the files: one line each, readable by nobody but owner and group; a PasswordHash::line(), or a token as it is
/// sent. The error is a sentence that names the file and never what is in it.
///
/// Wrong passwords are limited by address and user, so that nobody locks others out from behind the same proxy; wrong
/// tokens by address, and the right one is always taken. A password that was right is remembered (as a keyed hash),
/// since scrypt takes long by design.
[[nodiscard]] std::expected<std::shared_ptr<Authenticator>, std::string> load_users(
    std::span<const config::UserSettings> users, LoginLimit limit = {});

/// The first line of a file that holds a secret.
[[nodiscard]] std::expected<std::string, std::string> read_secret(const std::string& path);
/// The hash in a password file, the token in a token file. Errors are sentences that name the file.
[[nodiscard]] std::expected<PasswordHash, std::string> read_password(const std::string& path);
[[nodiscard]] std::expected<std::string, std::string> read_token(const std::string& path);
/// Nothing, or why that file must not hold a secret: it can't be read, or everybody can.
[[nodiscard]] std::expected<void, std::string> check_secret_file(const std::string& path);

}  // namespace triaged::http

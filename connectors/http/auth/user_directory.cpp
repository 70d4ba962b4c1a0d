#include "connectors/http/auth/user_directory.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <mutex>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>

#include "connectors/http/auth/crypto.hpp"
#include "connectors/http/auth/password.hpp"

namespace triaged::http {
namespace {

struct Account {
  User user;
  std::optional<PasswordHash> password;
  std::optional<Sha256> token;
  std::optional<Sha256> remembered;  // the password that was right last
};

struct Basic {
  std::string name;
  std::string password;
};

/// What follows the scheme's name, if it is that scheme.
std::optional<std::string_view> credentials(std::string_view authorization, std::string_view scheme) {
  if (authorization.size() <= scheme.size() || authorization[scheme.size()] != ' ' ||
      !equal_ignoring_case(authorization.substr(0, scheme.size()), scheme)) {
    return std::nullopt;
  }
  authorization.remove_prefix(scheme.size());
  return authorization.substr(std::min(authorization.find_first_not_of(' '), authorization.size()));
}

std::optional<Basic> parse_basic(std::string_view authorization) {
  const auto encoded = credentials(authorization, "Basic");
  const auto text = encoded ? from_base64(*encoded) : std::nullopt;
  const auto colon = text ? text->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  return Basic{text->substr(0, colon), text->substr(colon + 1)};
}

class UserDirectory final : public Authenticator {
 public:
  UserDirectory(std::vector<Account> accounts, std::optional<PasswordHash> nobody, std::string key, LoginLimit limit)
      : key_(std::move(key)), nobody_(std::move(nobody)), accounts_(std::move(accounts)), failed_(limit) {}

  std::optional<Verdict> quick(std::string_view authorization, std::string_view address) override {
    if (const auto token = credentials(authorization, "Bearer")) return check_token(*token, address);
    const auto basic = parse_basic(authorization);
    if (!basic) return std::unexpected(Denial::missing);
    const Account* account = find(basic->name);
    if (failed_.exhausted(login_key(address, account))) return std::unexpected(Denial::limited);
    if (account == nullptr) return std::nullopt;
    const Sha256 given = hmac_sha256(key_, basic->password);
    const std::lock_guard lock(mutex_);
    if (account->remembered && equal_in_constant_time(*account->remembered, given)) return account->user;
    return std::nullopt;
  }

  Verdict check(std::string_view authorization, std::string_view address) override {
    if (auto verdict = quick(authorization, address)) return *verdict;
    const auto basic = parse_basic(authorization);
    if (!basic) return std::unexpected(Denial::missing);
    Account* account = find(basic->name);
    // A name that nobody has takes as long as one that somebody has.
    const bool known = account != nullptr && account->password;
    const auto& password = known ? account->password : nobody_;
    const bool right = password && password->matches(basic->password) && known;
    const std::string key = login_key(address, account);
    if (!right) {
      failed_.note(key);
      return std::unexpected(Denial::wrong);
    }
    failed_.forgive(key);
    const std::lock_guard lock(mutex_);
    account->remembered = hmac_sha256(key_, basic->password);
    return account->user;
  }

  [[nodiscard]] std::vector<std::string_view> challenges() const override {
    std::vector<std::string_view> challenges;
    const auto any = [this](auto member) {
      return std::any_of(accounts_.begin(), accounts_.end(), [&](const Account& account) { return account.*member; });
    };
    if (any(&Account::password)) challenges.emplace_back(R"(Basic realm="triaged", charset="UTF-8")");
    if (any(&Account::token)) challenges.emplace_back(R"(Bearer realm="triaged")");
    return challenges;
  }

 private:
  static std::string login_key(std::string_view address, const Account* account) {
    return fmt::format("{} {}", address, account == nullptr ? "" : account->user.name);
  }

  Account* find(std::string_view name) {
    const auto found = std::find_if(accounts_.begin(), accounts_.end(),
                                    [&](const Account& account) { return account.user.name == name; });
    return found == accounts_.end() ? nullptr : &*found;
  }

  Verdict check_token(std::string_view token, std::string_view address) {
    const Sha256 given = hmac_sha256(key_, token);
    const Account* holder = nullptr;
    for (const Account& account : accounts_) {
      if (account.token && equal_in_constant_time(*account.token, given)) holder = &account;
    }
    if (holder != nullptr) return holder->user;
    const std::string key(address);
    if (failed_.exhausted(key)) return std::unexpected(Denial::limited);
    failed_.note(key);
    return std::unexpected(Denial::wrong);
  }

  const std::string key_;
  const std::optional<PasswordHash> nobody_;  // nothing where nobody has a password
  std::mutex mutex_;                          // of what is remembered
  std::vector<Account> accounts_;             // the vector itself never changes
  FailedLogins failed_;
};

std::expected<Account, std::string> load_account(const config::UserSettings& user, const std::string& key) {
  Account account{.user = {user.name, user.role}, .password = {}, .token = {}, .remembered = {}};
  if (!user.password_file.empty()) {
    auto password = read_password(user.password_file);
    if (!password) return std::unexpected(password.error());
    account.password = std::move(*password);
  }
  if (!user.token_file.empty()) {
    const auto token = read_token(user.token_file);
    if (!token) return std::unexpected(token.error());
    account.token = hmac_sha256(key, *token);
  }
  if (!account.password && !account.token) {
    return std::unexpected(fmt::format("the user {} has neither a password file nor a token file", user.name));
  }
  return account;
}

}  // namespace

std::expected<void, std::string> check_secret_file(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return std::unexpected(fmt::format("can't read {}: {}", path, std::strerror(errno)));
  }
  if ((status.st_mode & (S_IROTH | S_IWOTH)) != 0) {
    return std::unexpected(fmt::format("{} holds a secret, and everybody can read or write it: chmod o-rwx", path));
  }
  return {};
}

std::expected<std::string, std::string> read_secret(const std::string& path) {
  if (auto good = check_secret_file(path); !good) return std::unexpected(good.error());
  std::ifstream file(path);
  std::string line;
  if (!file) return std::unexpected(fmt::format("can't read {}: {}", path, std::strerror(errno)));
  std::getline(file, line);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.empty()) return std::unexpected(fmt::format("{} is empty", path));
  return line;
}

std::expected<PasswordHash, std::string> read_password(const std::string& path) {
  const auto line = read_secret(path);
  if (!line) return std::unexpected(line.error());
  auto password = PasswordHash::parse(*line);
  if (!password) {
    return std::unexpected(
        fmt::format("the password file {} {}; `triaged hash-password` makes that line", path, password.error()));
  }
  return password;
}

std::expected<std::string, std::string> read_token(const std::string& path) {
  auto token = read_secret(path);
  if (token && token->size() < kMinToken) {
    return std::unexpected(fmt::format("the token in {} has fewer than {} characters", path, kMinToken));
  }
  return token;
}

std::expected<std::shared_ptr<Authenticator>, std::string> load_users(std::span<const config::UserSettings> users,
                                                                      LoginLimit limit) {
  std::string key = random_bytes(32);
  if (key.empty()) return std::unexpected("OpenSSL can't make random bytes");
  std::optional<PasswordHash> nobody;
  std::vector<Account> accounts;
  for (const config::UserSettings& user : users) {
    auto account = load_account(user, key);
    if (!account) return std::unexpected(account.error());
    if (!nobody && account->password) nobody = account->password->decoy();
    accounts.push_back(std::move(*account));
  }
  return std::make_shared<UserDirectory>(std::move(accounts), std::move(nobody), std::move(key), limit);
}

}  // namespace triaged::http

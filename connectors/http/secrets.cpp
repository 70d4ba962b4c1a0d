#include "connectors/http/secrets.hpp"

#include <fmt/format.h>

#include "connectors/http/auth/user_directory.hpp"
#include "connectors/http/tls.hpp"

namespace triaged::http {

std::vector<config::SettingsFault> examine_secrets(const config::Settings& settings) {
  std::vector<config::SettingsFault> faults;
  if (settings.http.tls) {
    if (const auto tls = load_tls(*settings.http.tls); !tls) faults.push_back({"http.tls", tls.error()});
  }
  for (std::size_t i = 0; i < settings.http.users.size(); ++i) {
    const config::UserSettings& user = settings.http.users[i];
    const auto note = [&](const std::string& file, const char* key, const auto& read) {
      if (file.empty()) return;
      if (const auto got = read(file); !got) faults.push_back({fmt::format("http.users.{}.{}", i, key), got.error()});
    };
    note(user.password_file, "password_file", read_password);
    note(user.token_file, "token_file", read_token);
  }
  return faults;
}

}  // namespace triaged::http

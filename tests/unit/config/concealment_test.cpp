#include "config/yaml/concealment.hpp"

#include <catch2/catch.hpp>

namespace triaged::config::yaml {
namespace {

TEST_CASE("concealment: what stands behind a secret's key is hidden, and nothing else", "[config]") {
  const auto [line, shown] = GENERATE(table<std::string, std::string>({
      {"sasl.password: hunter2", "sasl.password: *******"},
      {"  sasl.password:   hunter2 # x: y", "  sasl.password:   **************"},
      {"{sasl.password: 'a''b', client.id: me}", "{sasl.password: ******, client.id: me}"},
      {R"({"ssl.key.password": "a\"b", client.id: me})", R"({"ssl.key.password": ******, client.id: me})"},
      {"sasl.pasword: hunter2", "sasl.pasword: *******"},
      {"Sasl.Passwort: hunter2", "Sasl.Passwort: *******"},
      {"sasl.oauthbearer.client.secret: x", "sasl.oauthbearer.client.secret: *"},
      {"ssl.key.pem: |", "ssl.key.pem: *"},
      {"sasl.password: 'never closed", "sasl.password: *************"},
      {"sasl.password: ${env:X}", "sasl.password: ${env:X}"},
      {"{sasl.password: '${env:X}', a: b}", "{sasl.password: '${env:X}', a: b}"},
      {"sasl.password: ${env:X}hunter2", "sasl.password: ***************"},
      {"{sasl.password: ${env:X}, ssl.key.password: y}", "{sasl.password: ${env:X}, ssl.key.password: **"},
      {"sasl.password_file: secret", "sasl.password_file: secret"},
      {"name: password", "name: password"},
      {"sasl.password:", "sasl.password:"},
      {"sasl.password: äb", "sasl.password: ***"},
      {"", ""},
      {":", ":"},
  }));
  CHECK(conceal_secrets(line) == shown);
}

}  // namespace
}  // namespace triaged::config::yaml

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "config/load.hpp"
#include "config/settings/http.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace triaged::config {
namespace {

using namespace std::chrono_literals;

constexpr Time kTen{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2} + 10h};

std::string said(const Loaded& loaded) {
  std::string text;
  for (const auto& diagnostic : loaded.diagnostics) text += render(diagnostic) + "\n";
  return text;
}

TEST_CASE("settings: what is said about the daemon is read, and paths are seen from the file", "[config]") {
  const test::TemporaryFolder folder;
  const auto file = test::write_file(folder.file("etc/triaged.yaml"), R"(version: 1
http:
  listen: '0.0.0.0:9595'
  tls: {certificate: tls/server.crt, key: /etc/ssl/server.key, client_authorities: tls/clients.crt}
  users:
    - {name: anne, password_file: secrets/anne, role: admin}
    - {name: prometheus, token_file: secrets/prometheus, role: write}
    - {name: eve, password_file: secrets/eve}
  max_connections: 100
  max_connections_per_address: 10
  max_body: 1MiB
  request_timeout: 5s
  idle_timeout: 2m
sources: []
publish:
  - {file: out/incidents.ndjson}
  - {file: '-', topics: [alerts, audit, silences, rejected]}
retention: {journal: 3d, journal_size: 512MiB, history: 0, rejected: 1h}
snapshot: {max_tail: 5000, interval: 30s}
logging: {format: json, level: debug}
max_future: 90s
)");
  const Loaded loaded = load_configuration(file);
  INFO(said(loaded));
  REQUIRE(loaded.bundle);
  const Settings& settings = loaded.settings;
  CHECK(settings.http.listen == "0.0.0.0:9595");
  REQUIRE(settings.http.tls);
  CHECK(settings.http.tls->certificate == folder.file("etc/tls/server.crt"));
  CHECK(settings.http.tls->key == "/etc/ssl/server.key");
  CHECK(settings.http.tls->client_authorities == folder.file("etc/tls/clients.crt"));
  REQUIRE(settings.http.users.size() == 3);
  CHECK(settings.http.users[0].name == "anne");
  CHECK(settings.http.users[0].password_file == folder.file("etc/secrets/anne"));
  CHECK(settings.http.users[0].token_file.empty());
  CHECK(settings.http.users[0].role == Role::admin);
  CHECK(settings.http.users[1].token_file == folder.file("etc/secrets/prometheus"));
  CHECK(settings.http.users[1].role == Role::write);
  CHECK(settings.http.users[2].role == Role::read);
  CHECK(settings.http.max_connections == 100);
  CHECK(settings.http.max_connections_per_address == 10);
  CHECK(settings.http.max_body == 1U << 20U);
  CHECK(settings.http.request_timeout == 5s);
  CHECK(settings.http.idle_timeout == 2min);
  REQUIRE(settings.publish.size() == 2);
  CHECK(settings.publish[0].file == folder.file("etc/out/incidents.ndjson"));
  CHECK(settings.publish[0].topics.empty());
  CHECK(settings.publish[1].file == "-");
  CHECK(settings.publish[1].topics == std::vector<std::string>{"alerts", "audit", "silences", "rejected"});
  CHECK(settings.retention.journal_age == 72h);
  CHECK(settings.retention.journal_bytes == 512U << 20U);
  CHECK(settings.retention.history_age == 0s);
  CHECK(settings.retention.rejected_age == 1h);
  CHECK(settings.snapshot.max_tail == 5000);
  CHECK(settings.snapshot.interval == 30s);
  CHECK(settings.logging.format == LogSettings::Format::json);
  CHECK(settings.logging.level == LogSettings::Level::debug);
  CHECK(settings.max_future == 90s);
}

TEST_CASE("settings: a log in Kafka", "[config]") {
  const test::TemporaryFolder folder;
  ::setenv("TRIAGED_TEST_POD", "triaged-2", 1);   // NOLINT(concurrency-mt-unsafe)
  ::setenv("TRIAGED_TEST_SECRET", "hunter2", 1);  // NOLINT(concurrency-mt-unsafe)
  const std::string secret = test::write_file(folder.file("etc/secrets/key"), "a key's\r\n");
  std::filesystem::permissions(secret, std::filesystem::perms::owner_read);
  const auto file = test::write_file(folder.file("etc/triaged.yaml"), R"(version: 1
log:
  kafka: {group: ops, instance: '${env:TRIAGED_TEST_POD}', topic_prefix: ops., start: '2026-03-02T10:00:00+01:00',
          replication: 3, session_timeout: 6s, directory: cache}
kafka:
  properties:
    bootstrap.servers: k1:9093,k2:9093
    sasl.password: '${env:TRIAGED_TEST_SECRET}'
    ssl.key.password_file: secrets/key
    ssl.ca.location: tls/ca.pem
    ssl.certificate.location: /etc/ssl/me.pem
    socket.keepalive.enable: true
    socket.timeout.ms: 7000
sources:
  - {name: alerts, kafka: {topics: [alerts]}, stalled_after: 3m}
retention: {history: 30d}
)");
  const Loaded loaded = load_configuration(file);
  INFO(said(loaded));
  REQUIRE(loaded.bundle);
  CHECK(loaded.diagnostics.empty());
  const Settings& settings = loaded.settings;
  REQUIRE(settings.kafka_log);
  CHECK(settings.kafka_log->group == "ops");
  CHECK(settings.kafka_log->instance == "triaged-2");
  CHECK(settings.kafka_log->topic_prefix == "ops.");
  CHECK(std::get<Time>(settings.kafka_log->start) == kTen - 1h);
  CHECK(settings.kafka_log->replication == 3);
  CHECK(settings.kafka_log->session_timeout == 6s);
  CHECK(settings.state_directory == folder.file("etc/cache"));
  CHECK(settings.kafka_properties == std::map<std::string, std::string>{
                                         {"bootstrap.servers", "k1:9093,k2:9093"},
                                         {"sasl.password", "hunter2"},
                                         {"ssl.key.password", "a key's"},
                                         {"ssl.ca.location", folder.file("etc/tls/ca.pem")},
                                         {"ssl.certificate.location", "/etc/ssl/me.pem"},
                                         {"socket.keepalive.enable", "true"},
                                         {"socket.timeout.ms", "7000"},
                                     });
  REQUIRE(settings.sources.size() == 1);
  CHECK(std::get<KafkaSource>(settings.sources[0].input).topics == std::vector<std::string>{"alerts"});
  CHECK(loaded.bundle->sources == std::vector<SourceSettings>{{"alerts", 3min}});
}

TEST_CASE("settings: the least that a log in Kafka needs, and what stands for the rest", "[config]") {
  const test::TemporaryFolder folder;
  const auto [start, meant] = GENERATE(table<std::string, KafkaStart>({{"", Earliest{}},
                                                                       {", start: earliest", Earliest{}},
                                                                       {", start: latest", Latest{}},
                                                                       {", start: 2026-03-02T10:00:00Z", kTen}}));
  const Loaded loaded = load_configuration(
      test::write_file(folder.file("triaged.yaml"), "version: 1\nlog: {kafka: {instance: triaged-0" + start +
                                                        "}}\n"
                                                        "kafka: {properties: {bootstrap.servers: k1}}\n"
                                                        "sources: [{name: alerts, kafka: {topics: [alerts]}}]\n"));
  INFO(said(loaded));
  REQUIRE(loaded.bundle);
  KafkaLogSettings expected;
  expected.instance = "triaged-0";
  expected.start = meant;
  CHECK((loaded.settings.kafka_log == expected));
  CHECK(expected.group == "triaged");
  CHECK(expected.topic_prefix == "triaged.");
  CHECK(loaded.settings.state_directory == folder.file("state"));
}

TEST_CASE("settings: faults in files of secrets do not show them", "[config]") {
  const test::TemporaryFolder folder;
  const auto [content, mode, message] = GENERATE(table<std::string, std::filesystem::perms, std::string>({
      {"hunter2", std::filesystem::perms::owner_read | std::filesystem::perms::others_read, "chmod o-rwx"},
      {"", std::filesystem::perms::owner_read, "is empty"},
      {std::string("hunter\0002", 8), std::filesystem::perms::owner_read, "has a NUL in it"},
      {std::string(70'000, 'h'), std::filesystem::perms::owner_read, "more than 64 KiB"},
  }));
  const std::string secret = test::write_file(folder.file("secret"), content);
  std::filesystem::permissions(secret, mode);
  const Loaded loaded =
      load_configuration(test::write_file(folder.file("triaged.yaml"),
                                          "version: 1\nlog: {kafka: {instance: triaged-0}}\n"
                                          "kafka: {properties: {bootstrap.servers: k1, sasl.password_file: secret}}\n"
                                          "sources: [{name: alerts, kafka: {topics: [alerts]}}]\n"));
  REQUIRE(loaded.diagnostics.size() == 1);
  CHECK_THAT(loaded.diagnostics[0].message, Catch::Contains(secret) && Catch::Contains(message));
  CHECK(loaded.diagnostics[0].line == 3);
  CHECK(loaded.diagnostics[0].column == 65);
  CHECK(said(loaded).find("hunter") == std::string::npos);
}

TEST_CASE("settings: what is found from above stands at its place", "[config]") {
  const test::TemporaryFolder folder;
  const std::string secret = test::write_file(folder.file("secret"), "hunter2");
  std::filesystem::permissions(secret, std::filesystem::perms::owner_read);
  const auto file = test::write_file(folder.file("triaged.yaml"),
                                     "version: 1\nlog: {kafka: {instance: triaged-0}}\n"
                                     "kafka:\n  properties:\n    bootstrap.servers: k1\n"
                                     "    sasl.password_file: secret\n    typo: x\n"
                                     "sources: [{name: alerts, kafka: {topics: [alerts]}}]\n");
  const Loaded loaded = load_configuration(file, [](const Settings&) {
    return std::vector<SettingsFault>{{"kafka.properties.sasl.password", "one"},
                                      {"kafka.properties.typo", "two", true},
                                      {"kafka.properties.gone.away", "three"}};
  });
  REQUIRE(loaded.diagnostics.size() == 3);
  const auto place = [&](std::size_t n) {
    const Diagnostic& one = loaded.diagnostics[n];
    return fmt::format("{}:{}: {}", one.line, one.column, one.message);
  };
  CHECK(place(0) == "5:5: three");
  CHECK(place(1) == "6:25: one");
  CHECK(place(2) == "7:5: two");
}

TEST_CASE("settings: a journal without end is said with 0", "[config]") {
  const test::TemporaryFolder folder;
  const Loaded loaded = load_configuration(
      test::write_file(folder.file("triaged.yaml"), "version: 1\nretention: {journal: 0, journal_size: 0}\n"));
  INFO(said(loaded));
  REQUIRE(loaded.bundle);
  CHECK(loaded.settings.retention.journal_age == 0s);
  CHECK(loaded.settings.retention.journal_bytes == 0);
}

TEST_CASE("settings: variables of the environment are put in where they stand", "[config]") {
  const test::TemporaryFolder folder;
  ::setenv("TRIAGED_TEST_PORT", "0", 1);            // NOLINT(concurrency-mt-unsafe)
  ::setenv("TRIAGED_TEST_STATE", "/var/state", 1);  // NOLINT(concurrency-mt-unsafe)
  const Loaded loaded = load_configuration(test::write_file(folder.file("triaged.yaml"), R"(version: 1
http: {listen: '127.0.0.1:${env:TRIAGED_TEST_PORT}'}
log: {local: {directory: '${env:TRIAGED_TEST_STATE}/a${env:TRIAGED_TEST_PORT}b'}}
)"));
  INFO(said(loaded));
  REQUIRE(loaded.bundle);
  CHECK(loaded.settings.http.listen == "127.0.0.1:0");
  CHECK(loaded.settings.state_directory == "/var/state/a0b");
}

TEST_CASE("settings: a variable that is empty or has a line end in it is a fault", "[config]") {
  const test::TemporaryFolder folder;
  const auto [value, message] = GENERATE(table<std::string, std::string>({
      {"", "this text is empty once its variables are replaced"},
      {"a\nb", "the environment variable TRIAGED_TEST_BAD has a control character in it"},
  }));
  ::setenv("TRIAGED_TEST_BAD", value.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
  const Loaded loaded = load_configuration(test::write_file(
      folder.file("triaged.yaml"), "version: 1\nlog: {local: {directory: '${env:TRIAGED_TEST_BAD}'}}\n"));
  REQUIRE(loaded.diagnostics.size() == 1);
  CHECK(loaded.diagnostics[0].message == message);
  CHECK(loaded.diagnostics[0].line == 2);
}

TEST_CASE("settings: only this machine reaches a loopback address", "[config]") {
  for (const char* listen : {"127.0.0.1:1", "127.8.9.10:1", "[::1]:1", "localhost:1"}) {
    CAPTURE(listen);
    CHECK(is_loopback(listen));
  }
  for (const char* listen : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "128.0.0.1:1", "[2001:db8::1]:1", "example.org:1",
                             "localhost.example.org:1", "127.0.0.1.example.org:1", "*:1"}) {
    CAPTURE(listen);
    CHECK_FALSE(is_loopback(listen));
  }
}

}  // namespace
}  // namespace triaged::config

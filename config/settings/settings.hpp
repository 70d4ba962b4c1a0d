// The daemon's settings, as typed values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "rules/model/bundle.hpp"
#include "rules/model/time.hpp"

namespace triaged::config {

struct FileSource {
  std::string path;
  bool follow = false;
  bool operator==(const FileSource&) const = default;
};
struct StdinSource {
  bool operator==(const StdinSource&) const = default;
};
struct HttpSource {
  bool operator==(const HttpSource&) const = default;
};

struct KafkaSource {
  std::vector<std::string> topics;
  bool operator==(const KafkaSource&) const = default;
};

struct SourceConfig {
  std::string name;
  std::variant<FileSource, StdinSource, HttpSource, KafkaSource> input;
  std::string format = "alertmanager";
  Duration stalled_after{0};
  bool operator==(const SourceConfig&) const = default;
};

/// TLS of the listener. Paths of PEM files; both or none.
struct TlsSettings {
  std::string certificate;
  std::string key;
  std::string client_authorities;  // of client certificates; empty: none are asked for
  bool operator==(const TlsSettings&) const = default;
};

enum class Role : std::uint8_t { read, write, admin };  // each may do what those before it may

/// Who may use the listener: a name with a password (basic), or a bearer token. Secrets stand in files.
struct UserSettings {
  std::string name;
  std::string password_file;
  std::string token_file;
  Role role = Role::read;
  bool operator==(const UserSettings&) const = default;
};

struct HttpSettings {
  std::string listen = "127.0.0.1:9595";  // port 0: any
  std::optional<TlsSettings> tls;
  std::vector<UserSettings> users;  // empty: nobody is asked who they are
  std::uint32_t max_connections = 2048;
  std::uint32_t max_connections_per_address = 2048;
  std::uint64_t max_body = std::uint64_t{16} << 20U;  // bytes, after decompression
  Duration request_timeout = std::chrono::seconds(15);
  Duration idle_timeout = std::chrono::seconds(60);
  bool operator==(const HttpSettings&) const = default;
};

/// A file that gets every document of some topics as NDJSON.
struct PublishSettings {
  std::string file;                 // "-": standard output
  std::vector<std::string> topics;  // empty: incidents
  bool operator==(const PublishSettings&) const = default;
};

/// How long and how much is kept; 0: without end. What recovery needs is always kept.
struct RetentionSettings {
  Duration journal_age = std::chrono::hours(24 * 7);
  std::uint64_t journal_bytes = std::uint64_t{10} << 30U;
  Duration history_age = std::chrono::hours(24 * 90);  // of the read model's incidents and alerts that are over
  Duration rejected_age = std::chrono::hours(24 * 7);  // never longer than the journal
  std::uint64_t rejected_bytes = std::uint64_t{1} << 30U;
  bool operator==(const RetentionSettings&) const = default;
};

struct SnapshotSettings {
  std::uint64_t max_tail = 1'000'000;  // alerts after the newest snapshot
  Duration interval = std::chrono::minutes(5);
  bool operator==(const SnapshotSettings&) const = default;
};

/// Where a shard that has no cut yet begins to read: at the first record that is there, behind the last, or at the
/// first one that is not before a time.
struct Earliest {
  bool operator==(const Earliest&) const = default;
};
struct Latest {
  bool operator==(const Latest&) const = default;
};
using KafkaStart = std::variant<Earliest, Latest, Time>;

/// A log in Kafka. With it there is one source, a KafkaSource of one topic, whose partitions are the shards.
struct KafkaLogSettings {
  std::string group = "triaged";
  std::string instance;  // a stable name of this process, unlike that of any other in the group
  std::string topic_prefix = "triaged.";
  KafkaStart start = Earliest{};
  std::optional<std::int32_t> replication;  // of topics that are made; nothing: the cluster's default
  Duration session_timeout = std::chrono::seconds(10);
  bool operator==(const KafkaLogSettings&) const = default;
};

struct LogSettings {  // of what happens, for people
  enum class Format : std::uint8_t { logfmt, json } format = Format::logfmt;
  enum class Level : std::uint8_t { debug, info, warn, error } level = Level::info;
};

/// What a triaged.yaml holds that is not part of the bundle. Paths are resolved against the file's folder.
struct Settings {
  std::string state_directory = "state";
  std::optional<KafkaLogSettings> kafka_log;  // nothing: the log is a file in the state directory
  std::map<std::string, std::string>
      kafka_properties;  // by librdkafka's names; secrets in clear: never shown, never told
  HttpSettings http;
  std::vector<SourceConfig> sources;
  std::vector<PublishSettings> publish;
  RetentionSettings retention;
  SnapshotSettings snapshot;
  LogSettings logging;
  Duration max_future = std::chrono::minutes(1);  // how far the wall clock may jump ahead of the log's
  std::vector<std::string> packs;
  std::vector<std::string> rules;
  std::vector<std::string> catalogue;
};

}  // namespace triaged::config

#include "config/settings/kafka.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "config/files.hpp"
#include "config/reading/environment.hpp"
#include "config/reading/options.hpp"
#include "config/reading/rfc3339.hpp"

namespace triaged::config {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using yaml::Faults;
using yaml::Node;

constexpr std::string_view kFileSuffix = "_file";
// Kafka's bound of a topic's name, and what our longest name adds to a prefix.
constexpr std::size_t kMostName = 249;
constexpr std::size_t kMostPrefix = kMostName - std::string_view("snapshots").size();

constexpr std::array<std::string_view, 6> kSecrets{
    "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config", "sasl.password", "ssl.key.password", "ssl.key.pem",
    "ssl.keystore.password"};
constexpr std::array<std::string_view, 6> kPaths{"sasl.kerberos.keytab", "ssl.ca.location",  "ssl.certificate.location",
                                                 "ssl.crl.location",     "ssl.key.location", "ssl.keystore.location"};
// Names that our own topics have behind the prefix, or will have.
constexpr std::array<std::string_view, 12> kOwnTopics{"alerts",   "audit",  "availability", "commands",
                                                      "control",  "cuts",   "incidents",    "problems",
                                                      "rejected", "routed", "silences",     "snapshots"};

bool is_kafka_name(std::string_view name, std::size_t most) {
  return !name.empty() && name.size() <= most && name != "." && name != ".." &&
         name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
             std::string_view::npos;
}

/// Text, with variables, of what Kafka allows in the names of topics and instances.
template <class T>
Option<T> name_option(std::string key, std::string T::* member, std::size_t most, std::string doc) {
  return {std::move(key), "name, with ${env:NAME}", fmt::format("1 to {} characters", most), std::move(doc),
          [member, most](const Node& node, Faults& faults, T& to) {
            auto name = read_expanded(node, faults);
            if (!name) return;
            if (is_kafka_name(*name, most)) {
              to.*member = std::move(*name);
            } else {
              faults.error(node.at, fmt::format("\"{}\" has 1 to {} letters, digits, '.', '_' and '-', found \"{}\"",
                                                node.key, most, *name));
            }
          }};
}

void read_start(const Node& node, Faults& faults, KafkaLogSettings& log) {
  const auto text = read_text(node, faults);
  if (!text) return;
  if (*text == "earliest") {
    log.start = Earliest{};
  } else if (*text == "latest") {
    log.start = Latest{};
  } else if (const auto time = parse_time(*text); time && *time >= kEarliest && *time < kLatest) {
    log.start = *time;
  } else {
    faults.error(node.at,
                 fmt::format("expected earliest, latest or a time such as 2026-03-02T10:00:00Z, found \"{}\"", *text));
  }
}

struct LogDraft {
  KafkaLogSettings log;
  std::string directory;
};

const Options<LogDraft>& log_options() {
  using L = KafkaLogSettings;
  // Options of `log` as options of the draft.
  const auto of_log = [](Option<L> option) {
    return Option<LogDraft>{std::move(option.key),
                            std::move(option.type),
                            std::move(option.bounds),
                            std::move(option.doc),
                            [read = std::move(option.read)](const Node& node, Faults& faults, LogDraft& draft) {
                              read(node, faults, draft.log);
                            },
                            option.required};
  };
  static const Options<LogDraft> kOptions(
      "\"kafka\"",
      {
          of_log(name_option("group", &L::group, kMostName, "The consumer group of all instances.")),
          of_log(required(name_option("instance", &L::instance, kMostName,
                                      "A stable name of this process, of its own in the group."))),
          of_log(name_option("topic_prefix", &L::topic_prefix, kMostPrefix, "Before the name of each of our topics.")),
          of_log({"start", "earliest, latest or a time", "", "Where the very first start begins to read.", read_start}),
          of_log({"replication", "whole number", "1 to 32767", "Of topics that are made; else the cluster's default.",
                  [](const Node& node, Faults& faults, L& log) {
                    const auto value = read_integer(node, faults, {1, 32767});
                    if (value) log.replication = static_cast<std::int32_t>(*value);
                  }}),
          of_log(duration_option("session_timeout", &L::session_timeout, {seconds(1), minutes(5)},
                                 "An instance that is silent for so long loses its shards.")),
          expanded_option("directory", &LogDraft::directory, "Where snapshots and the read model are kept."),
      });
  return kOptions;
}

bool is_secret(std::string_view name) { return std::ranges::find(kSecrets, name) != kSecrets.end(); }

/// A property's name and value; nothing where the value can't be read.
std::optional<std::pair<std::string, std::string>> read_property(const Node& node, Faults& faults) {
  const std::string folder_of = faults.source().name();
  std::string_view name = node.key;
  auto value = read_expanded(node, faults);
  if (!value) return std::nullopt;
  if (name.ends_with(kFileSuffix)) {
    name.remove_suffix(kFileSuffix.size());
    if (!is_secret(name)) {
      std::vector<std::string> known;
      for (const std::string_view secret : kSecrets) known.push_back(std::string(secret) + std::string(kFileSuffix));
      faults.error(node.key_at, unknown("property", node.key, known));
      return std::nullopt;
    }
    auto secret = read_secret(beside(folder_of, *value));
    if (!secret) {
      faults.error(node.at, secret.error());
      return std::nullopt;
    }
    return std::pair(std::string(name), *std::move(secret));
  }
  if (is_secret(name) && node.text.find("${env:") == std::string_view::npos) {
    faults.warning(node.at, fmt::format("whoever reads this file reads the secret: write \"{}{}: FILE\", or "
                                        "${{env:NAME}} here",
                                        name, kFileSuffix));
  }
  const bool is_path = std::ranges::find(kPaths, name) != kPaths.end() && *value != "probe";
  return std::pair(std::string(name), is_path ? beside(folder_of, *value) : *std::move(value));
}

void read_property_map(const Node& node, Faults& faults, std::map<std::string, std::string>& properties) {
  if (node.is(Node::Kind::broken)) return;
  if (!node.is(Node::Kind::map)) {
    faults.error(node.at,
                 fmt::format("expected properties by librdkafka's names (a mapping), found {}", describe(node)));
    return;
  }
  for (const Node& entry : node.children) {
    auto property = read_property(entry, faults);
    if (!property) continue;
    const auto [at, fresh] = properties.insert(*std::move(property));
    if (!fresh) faults.error(entry.key_at, fmt::format("\"{}\" stands here already", at->first));
  }
}

const Node* find_source(const Node& root, std::size_t number) {
  const Node* sources = find(root, "sources");
  return sources != nullptr && number < sources->children.size() ? &sources->children[number] : nullptr;
}

void check_source(const Node& root, Faults& faults, const Settings& settings) {
  const Node* sources = find(root, "sources");
  if (sources == nullptr || !sources->is(Node::Kind::sequence)) {
    if (sources == nullptr) {
      faults.error(root.at, "a log in Kafka needs its source: sources: [{name: alerts, kafka: {topics: [alerts]}}]");
    }
    return;
  }
  if (sources->children.size() != 1) {
    const Node& at = sources->children.empty() ? *sources : sources->children[1];
    faults.error(at.at,
                 "with a log in Kafka there is one source, of one topic; several topics, and other sources beside it, "
                 "come with re-keying, which is not in this version yet");
    return;
  }
  const Node& source = sources->children.front();
  for (const std::string_view kind : {"http", "file", "stdin"}) {
    const Node* found = find(source, kind);
    if (found == nullptr) continue;
    faults.error(found->key_at, fmt::format("with a log in Kafka alerts come from a topic: write kafka: {{topics: "
                                            "[alerts]}}; \"{}\" needs log: {{local: {{directory: state}}}}",
                                            kind));
  }
  const Node* kafka = find(source, "kafka");
  const Node* topics = kafka != nullptr && kafka->is(Node::Kind::map) ? find(*kafka, "topics") : nullptr;
  if (topics == nullptr || !topics->is(Node::Kind::sequence)) return;
  if (topics->children.size() > 1) {
    faults.error(topics->children[1].at,
                 "one topic, whose partitions are the shards; several come with re-keying, which is not in this "
                 "version yet");
  }
  const std::string& prefix = settings.kafka_log->topic_prefix;
  for (const Node& topic : topics->children) {
    if (!topic.text.starts_with(prefix)) continue;
    const auto own = topic.text.substr(prefix.size());
    if (std::ranges::find(kOwnTopics, own) == kOwnTopics.end()) continue;
    faults.error(topic.at, fmt::format("\"{}\" is a topic that triaged writes; choose another \"topic_prefix\" in "
                                       "\"log\", or another topic",
                                       topic.text));
  }
}

// The log is in Kafka.
void check_with_log(const Node& root, Faults& faults, const Node& log, const Settings& settings) {
  if (const Node* kafka = find(root, "kafka"); kafka == nullptr) {
    faults.error(log.key_at,
                 "a log in Kafka needs to know the brokers: kafka: {properties: {bootstrap.servers: 'host:9092'}}");
  } else if (const Node* properties = kafka->is(Node::Kind::map) ? find(*kafka, "properties") : nullptr;
             properties != nullptr && properties->is(Node::Kind::map) &&
             find(*properties, "bootstrap.servers") == nullptr &&
             find(*properties, "metadata.broker.list") == nullptr) {
    faults.error(properties->at, "\"properties\" needs \"bootstrap.servers\"");
  }
  check_source(root, faults, settings);
  if (const Node* publish = find(root, "publish"); publish != nullptr) {
    faults.error(publish->key_at,
                 "with a log in Kafka documents go to topics; \"publish\" is for a log on this machine");
  }
  const Node* retention = find(root, "retention");
  if (retention == nullptr || !retention->is(Node::Kind::map)) return;
  for (const Node& entry : retention->children) {
    if (entry.key == "history") continue;
    faults.warning(entry.key_at, fmt::format("\"{}\" is for a log on this machine: in Kafka, retention.ms and "
                                             "retention.bytes of the topics say how long records are kept",
                                             entry.key));
  }
}

}  // namespace

void read_kafka_log(const Node& node, Faults& faults, Settings& settings) {
  LogDraft draft{.log = {}, .directory = settings.state_directory};
  if (!log_options().read(node, faults, draft)) return;
  settings.kafka_log = std::move(draft.log);
  settings.state_directory = std::move(draft.directory);
}

void read_kafka_source(const Node& node, Faults& faults, KafkaSource& source) {
  static const Options<KafkaSource> kOptions(
      "\"kafka\"",
      {required(Option<KafkaSource>{"topics", "list of topics", "", "One, whose partitions are the shards.",
                                    [](const Node& topics, Faults& topic_faults, KafkaSource& to) {
                                      to.topics = read_texts(topics, topic_faults, "topics");
                                      if (!topics.is(Node::Kind::sequence)) return;
                                      if (topics.children.empty()) topic_faults.error(topics.at, "this list is empty");
                                      for (const Node& topic : topics.children) {
                                        if (!topic.is(Node::Kind::scalar) || topic.text.empty()) continue;
                                        if (is_kafka_name(topic.text, kMostName)) continue;
                                        topic_faults.error(
                                            topic.at, "a topic's name has 1 to 249 letters, digits, '.', '_' and '-'");
                                      }
                                    }})});
  kOptions.read(node, faults, source);
}

void read_kafka_properties(const Node& node, Faults& faults, std::map<std::string, std::string>& properties) {
  using Properties = std::map<std::string, std::string>;
  static const Options<Properties> kOptions(
      "\"kafka\"", {required(Option<Properties>{"properties", "{NAME: VALUE}", "", "librdkafka's, by its names.",
                                                read_property_map})});
  kOptions.read(node, faults, properties);
}

void check_kafka(const Node& root, Faults& faults, const Settings& settings) {
  const Node* log = find(root, "log");
  const bool is_map = log != nullptr && log->is(Node::Kind::map);
  const Node* kafka_log = is_map ? find(*log, "kafka") : nullptr;
  if (kafka_log != nullptr) {
    if (find(*log, "local") != nullptr) {
      faults.error(kafka_log->key_at, "the log is in one place: \"local\" or \"kafka\"");
    } else if (settings.kafka_log) {
      check_with_log(root, faults, *kafka_log, settings);
    }
    return;
  }
  constexpr std::string_view kNeeds = "needs a log in Kafka: log: {kafka: {instance: triaged-0}}";
  if (const Node* kafka = find(root, "kafka"); kafka != nullptr) {
    faults.error(kafka->key_at, fmt::format("\"kafka\" {}", kNeeds));
  }
  for (std::size_t number = 0; const Node* source = find_source(root, number); ++number) {
    const Node* kafka = source->is(Node::Kind::map) ? find(*source, "kafka") : nullptr;
    if (kafka != nullptr) faults.error(kafka->key_at, fmt::format("a source in Kafka {}", kNeeds));
  }
}

}  // namespace triaged::config

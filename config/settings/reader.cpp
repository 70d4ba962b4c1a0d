#include "config/settings/reader.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "config/files.hpp"
#include "config/packs/packs.hpp"
#include "config/reading/environment.hpp"
#include "config/reading/options.hpp"
#include "config/settings/engine.hpp"
#include "config/settings/http.hpp"
#include "config/settings/kafka.hpp"
#include "config/settings/operation.hpp"

namespace triaged::config {
namespace {

using yaml::Faults;
using yaml::Node;

constexpr DurationBounds kStalledAfter{std::chrono::seconds(1), std::chrono::hours(24)};
constexpr DurationBounds kMaxFuture{std::chrono::seconds(1), std::chrono::hours(24)};

struct Nothing {};

struct SourceDraft {
  std::string name;
  std::string format = "alertmanager";
  Duration stalled_after{0};
  FileSource file;
  KafkaSource kafka;
};

void read_http_source(const Node& node, Faults& faults, SourceDraft& /*draft*/) {
  static const Options<Nothing> kOptions("\"http\"", {});
  Nothing nothing;
  if (!node.is(Node::Kind::null)) kOptions.read(node, faults, nothing);
}

void read_stdin_source(const Node& node, Faults& faults, SourceDraft& /*draft*/) {
  static const Options<Nothing> kOptions("\"stdin\"", {});
  Nothing nothing;
  if (!node.is(Node::Kind::null)) kOptions.read(node, faults, nothing);
}

void read_file_source(const Node& node, Faults& faults, SourceDraft& draft) {
  static const Options<FileSource> kOptions(
      "\"file\"", {required(expanded_option("path", &FileSource::path, "One alert a line, or one JSON document.")),
                   bool_option("follow", &FileSource::follow, "Goes on reading what is appended.")});
  kOptions.read(node, faults, draft.file);
}

const Options<SourceDraft>& source_options() {
  static const Options<SourceDraft> kOptions(
      "a source", {
                      required(text_option("name", &SourceDraft::name, "Unique; stands in metrics.")),
                      {"http", "{}", "", "Alerts that are posted to the listener.", read_http_source, false, true},
                      {"file", "{path, follow}", "", "Alerts in a file.", read_file_source},
                      {"stdin", "{}", "", "Alerts on standard input.", read_stdin_source, false, true},
                      {"kafka", "{topics}", "", "Alerts in a topic, with a log in Kafka.",
                       [](const Node& kafka, Faults& kafka_faults, SourceDraft& draft) {
                         read_kafka_source(kafka, kafka_faults, draft.kafka);
                       }},
                      choice_option("format", &SourceDraft::format, "format",
                                    {{"alertmanager", std::string("alertmanager")}}, "How alerts are written."),
                      duration_option("stalled_after", &SourceDraft::stalled_after, kStalledAfter,
                                      "A source that sends nothing for so long is stalled: its alerts do not expire."),
                  });
  return kOptions;
}

std::optional<SourceConfig> read_source(const Node& node, Faults& faults) {
  SourceDraft draft;
  if (!source_options().read(node, faults, draft)) return std::nullopt;
  const Node* input = nullptr;
  for (const std::string_view kind : {"http", "file", "stdin", "kafka"}) {
    const Node* found = find(node, kind);
    if (found == nullptr) continue;
    if (input != nullptr) {
      faults.error(found->key_at, fmt::format("a source reads from one place: \"{}\" or \"{}\"", input->key, kind));
      return std::nullopt;
    }
    input = found;
  }
  if (input == nullptr) {
    faults.error(node.at, "a source needs one of \"http\", \"file\", \"stdin\", \"kafka\"");
    return std::nullopt;
  }
  SourceConfig source;
  source.name = std::move(draft.name);
  source.format = std::move(draft.format);
  source.stalled_after = draft.stalled_after;
  if (input->key == "http") {
    source.input = HttpSource{};
  } else if (input->key == "stdin") {
    source.input = StdinSource{};
  } else if (input->key == "kafka") {
    source.input = std::move(draft.kafka);
  } else {
    source.input = std::move(draft.file);
  }
  return source;
}

void read_sources(const Node& node, Faults& faults, Configuration& configuration) {
  const auto* entries = read_list(node, faults, "sources");
  if (entries == nullptr) return;
  std::set<std::string, std::less<>> names;
  const Node* standard_input = nullptr;
  for (const Node& entry : *entries) {
    auto source = read_source(entry, faults);
    if (!source) continue;
    if (const Node* name = find(entry, "name"); name != nullptr && !names.insert(source->name).second) {
      faults.error(name->at, fmt::format("a source \"{}\" stands here already", source->name));
    }
    if (std::holds_alternative<StdinSource>(source->input)) {
      if (standard_input != nullptr) faults.error(entry.at, "standard input can be read by one source only");
      standard_input = &entry;
    }
    configuration.settings.sources.push_back(std::move(*source));
  }
}

void read_version(const Node& node, Faults& faults, Configuration& /*configuration*/) {
  if (node.is(Node::Kind::scalar) && node.text == "1") return;
  if (!node.is(Node::Kind::broken)) faults.error(node.at, "this is read as version 1 only; write version: 1");
}

void read_log(const Node& node, Faults& faults, Configuration& configuration) {
  static const Options<Settings> kLocal(
      "\"local\"", {expanded_option("directory", &Settings::state_directory, "Where the state is kept.")});
  static const Options<Settings> kLog("\"log\"", {{"local", "{directory}", "", "A log in one file of this machine.",
                                                   [](const Node& local, Faults& local_faults, Settings& settings) {
                                                     kLocal.read(local, local_faults, settings);
                                                   }},
                                                  {"kafka", "mapping", "", "A log in Kafka.", read_kafka_log}});
  kLog.read(node, faults, configuration.settings);
}

void read_packs(const Node& node, Faults& faults, Configuration& configuration) {
  configuration.settings.packs = read_texts(node, faults, "packs");
  if (!node.is(Node::Kind::sequence)) return;
  std::vector<std::string> known;
  for (const PackFile& file : all_pack_files()) {
    const auto from = file.name.find('/') + 1;
    std::string pack(file.name.substr(from, file.name.find('/', from) - from));
    if (known.empty() || known.back() != pack) known.push_back(std::move(pack));
  }
  for (const Node& entry : node.children) {
    if (!entry.is(Node::Kind::scalar) || entry.text.empty()) continue;
    if (std::find(known.begin(), known.end(), entry.text) == known.end()) {
      faults.error(entry.at, unknown("pack", entry.text, known));
    }
  }
}

Option<Configuration> globs_option(std::string key, std::vector<Glob> Configuration::* member, std::string doc) {
  return {std::move(key), "list of file names with * and ?", "", std::move(doc),
          [member](const Node& node, Faults& faults, Configuration& configuration) {
            const auto* entries = read_list(node, faults, "file names", as_list(node));
            if (entries == nullptr) return;
            for (const Node& entry : *entries) {
              if (auto pattern = read_text(entry, faults)) {
                (configuration.*member).push_back({std::move(*pattern), entry.at});
              }
            }
          }};
}

// A block of the settings with a reader of its own.
template <class M>
Option<Configuration> part(std::string key, std::string doc, M Settings::* member,
                           void (*read)(const Node&, Faults&, M&)) {
  return {std::move(key), std::is_same_v<M, std::vector<PublishSettings>> ? "list" : "mapping", "", std::move(doc),
          [member, read](const Node& node, Faults& faults, Configuration& configuration) {
            read(node, faults, configuration.settings.*member);
          }};
}

void read_max_future(const Node& node, Faults& faults, Configuration& configuration) {
  if (const auto value = read_duration(node, faults, kMaxFuture)) configuration.settings.max_future = *value;
}

constexpr int kMostLinks = 40;  // as Linux

/// The one name of a file, which need not be there, whatever links lead to it.
std::filesystem::path canonical(const std::string& name) {
  std::error_code error;
  auto path = std::filesystem::absolute(name, error);
  // A link to what is not there yet is followed too.
  for (int links = 0; links < kMostLinks && std::filesystem::is_symlink(path, error); ++links) {
    path = path.parent_path() / std::filesystem::read_symlink(path, error);
  }
  auto found = std::filesystem::weakly_canonical(path, error);
  if (error) found = path.lexically_normal();
  return found.has_filename() ? found : found.parent_path();
}

bool is_inside(const std::filesystem::path& path, const std::filesystem::path& folder) {
  return std::ranges::mismatch(folder, path).in1 == folder.end();
}

const Options<Configuration>& options() {
  static const Options<Configuration> kOptions(
      "a configuration",
      {
          required(Option<Configuration>{"version", "1", "", "Of this file's format.", read_version}),
          {"log", "{local: {directory}}, or {kafka: mapping}", "", "Where inputs and state are kept.", read_log},
          part("http", "The listener.", &Settings::http, read_http_settings),
          {"sources", "list of sources", "", "Where alerts come from.", read_sources},
          part("publish", "Files that get documents, beside this file.", &Settings::publish, read_publish),
          part("retention", "How long and how much is kept.", &Settings::retention, read_retention),
          part("snapshot", "When the state is saved.", &Settings::snapshot, read_snapshot),
          part("logging", "Of what happens, to standard error.", &Settings::logging, read_logging),
          {"max_future", "duration", "1s to 1d", "So far log time follows a wall clock that jumps.", read_max_future},
          {"packs", "list of packs", "", "Shipped rules; without packs and rules, default.", read_packs},
          globs_option("rules", &Configuration::rules, "Rule files, beside this file."),
          globs_option("catalogue", &Configuration::catalogue, "Catalogue files, beside this file."),
          {"engine", "mapping", "", "How alerts live and die.",
           [](const Node& node, Faults& faults, Configuration& configuration) {
             read_engine_settings(node, faults, configuration.engine);
           }},
          part("kafka", "How the brokers are reached.", &Settings::kafka_properties, read_kafka_properties),
      });
  return kOptions;
}

}  // namespace

const std::vector<std::string>& configuration_keys() { return options().keys(); }

Configuration read_configuration(yaml::Document& document) {
  Configuration configuration;
  if (!document.usable) return configuration;
  if (document.root.is(Node::Kind::null)) {
    document.faults->error({}, "this file is empty; a configuration begins with version: 1");
    return configuration;
  }
  if (!options().read(document.root, *document.faults, configuration)) return configuration;
  check_kafka(document.root, *document.faults, configuration.settings);
  if (find(document.root, "packs") == nullptr && find(document.root, "rules") == nullptr) {
    configuration.settings.packs = {"default"};
  }
  if (configuration.settings.sources.empty() && !document.faults->any_errors()) {
    const Node* sources = find(document.root, "sources");
    document.faults->warning(sources == nullptr ? document.root.at : sources->at,
                             "there is no source: no alert can come; add sources: [{name: prometheus, http: {}}]");
  }
  return configuration;
}

void check_publishers(const yaml::Document& document, const Settings& settings) {
  const Node* publish = find(document.root, "publish");
  if (publish == nullptr || publish->children.size() != settings.publish.size()) return;
  Faults& faults = *document.faults;
  const auto state = canonical(settings.state_directory);
  std::map<std::filesystem::path, std::string_view> published;
  for (std::size_t i = 0; i < settings.publish.size(); ++i) {
    const std::string& name = settings.publish[i].file;
    const Node* file = find(publish->children[i], "file");
    if (file == nullptr || name == "-") continue;
    const auto path = canonical(name);
    if (is_inside(path, state)) {
      faults.error(file->at, fmt::format("\"{}\" is in the state folder, which is the daemon's own", file->text));
    }
    const auto [other, fresh] = published.emplace(path, file->text);
    if (!fresh && other->second != file->text) {  // one name twice is told where it is read
      faults.error(file->at, fmt::format("\"{}\" is the same file as \"{}\"", file->text, other->second));
    }
    for (const auto& source : settings.sources) {
      const auto* input = std::get_if<FileSource>(&source.input);
      if (input == nullptr || canonical(input->path) != path) continue;
      faults.error(file->at, fmt::format("the source \"{}\" reads this file", source.name));
    }
  }
}

void resolve_paths(const std::string& file, Settings& settings) {
  const auto resolve = [&](std::string& path) {
    if (!path.empty()) path = beside(file, path);
  };
  resolve(settings.state_directory);
  for (auto& source : settings.sources) {
    if (auto* input = std::get_if<FileSource>(&source.input)) resolve(input->path);
  }
  if (settings.http.tls) {
    resolve(settings.http.tls->certificate);
    resolve(settings.http.tls->key);
    resolve(settings.http.tls->client_authorities);
  }
  for (auto& user : settings.http.users) {
    resolve(user.password_file);
    resolve(user.token_file);
  }
  for (auto& publisher : settings.publish) {
    if (publisher.file != "-") resolve(publisher.file);
  }
}

}  // namespace triaged::config

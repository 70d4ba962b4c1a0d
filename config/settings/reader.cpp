#include "config/settings/reader.hpp"

#include <set>

#include "config/packs/packs.hpp"
#include "config/reading/options.hpp"
#include "config/settings/engine.hpp"

namespace triaged::config {
namespace {

using yaml::Faults;
using yaml::Node;

constexpr DurationBounds kStalledAfter{std::chrono::seconds(1), std::chrono::hours(24)};

struct Nothing {};

struct SourceDraft {
  std::string name;
  std::string format = "alertmanager";
  Duration stalled_after{0};
  FileSource file;
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
      "\"file\"", {required(text_option("path", &FileSource::path, "One alert a line, or one JSON document.")),
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
                      later_option<SourceDraft>("kafka", "Alerts in topics."),
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
    faults.error(node.at, "a source needs one of \"http\", \"file\", \"stdin\"");
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
      "\"local\"", {text_option("directory", &Settings::state_directory, "Where the state is kept.")});
  static const Options<Settings> kLog("\"log\"", {{"local", "{directory}", "", "A log in one file of this machine.",
                                                   [](const Node& local, Faults& local_faults, Settings& settings) {
                                                     kLocal.read(local, local_faults, settings);
                                                   }},
                                                  later_option<Settings>("kafka", "A log in Kafka.")});
  kLog.read(node, faults, configuration.settings);
}

void read_listen(const Node& node, Faults& faults, Settings& settings) {
  const auto text = read_text(node, faults);
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
  settings.http.listen = *text;
}

void read_http(const Node& node, Faults& faults, Configuration& configuration) {
  static const Options<Settings> kHttp("\"http\"",
                                       {{"listen", "address:port", "", "Port 0: any that is free.", read_listen}});
  kHttp.read(node, faults, configuration.settings);
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

const Options<Configuration>& options() {
  static const Options<Configuration> kOptions(
      "a configuration",
      {
          required(Option<Configuration>{"version", "1", "", "Of this file's format.", read_version}),
          {"log", "{local: {directory}}", "", "Where inputs and state are kept.", read_log},
          {"http", "{listen}", "", "The listener.", read_http},
          {"sources", "list of sources", "", "Where alerts come from.", read_sources},
          {"packs", "list of packs", "", "Shipped rules; without packs and rules, default.", read_packs},
          globs_option("rules", &Configuration::rules, "Rule files, beside this file."),
          globs_option("catalogue", &Configuration::catalogue, "Catalogue files, beside this file."),
          {"engine", "mapping", "", "How alerts live and die.",
           [](const Node& node, Faults& faults, Configuration& configuration) {
             read_engine_settings(node, faults, configuration.engine);
           }},
          later_option<Configuration>("kafka", "How the brokers are reached."),
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
  if (find(document.root, "packs") == nullptr && find(document.root, "rules") == nullptr) {
    configuration.settings.packs = {"default"};
  }
  return configuration;
}

}  // namespace triaged::config

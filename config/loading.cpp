#include "config/loading.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "config/bundle_text.hpp"
#include "config/digest.hpp"
#include "config/files.hpp"
#include "config/packs/packs.hpp"
#include "config/reading/duration.hpp"
#include "config/settings/engine.hpp"

namespace triaged::config {
namespace {

constexpr yaml::Limits kRuleLimits{"rule file", std::size_t{1} << 20U};
constexpr yaml::Limits kCatalogueLimits{"catalogue", std::size_t{64} << 20U};
constexpr yaml::Limits kConfigurationLimits{"configuration", std::size_t{1} << 20U};

const yaml::Limits& limits_of(Loading::Kind kind) {
  switch (kind) {
    case Loading::Kind::configuration: return kConfigurationLimits;
    case Loading::Kind::rules: return kRuleLimits;
    case Loading::Kind::catalogue:
    case Loading::Kind::unknown: return kCatalogueLimits;
  }
  return kCatalogueLimits;
}

std::string_view name_of(Loading::Kind kind) {
  switch (kind) {
    case Loading::Kind::configuration: return "configuration";
    case Loading::Kind::rules: return "rules";
    case Loading::Kind::catalogue: return "catalogue";
    case Loading::Kind::unknown: return "";
  }
  return "";
}

std::string counted(std::size_t count, std::string_view singular, std::string_view plural) {
  return fmt::format("{} {}", count, count == 1 ? singular : plural);
}

// The keys at the top of a file, from its text where it is no YAML.
std::vector<std::string_view> top_keys(const yaml::Document& document) {
  std::vector<std::string_view> keys;
  if (document.usable) {
    if (document.root.is(yaml::Node::Kind::map)) {
      for (const auto& value : document.root.children) keys.push_back(value.key);
    }
    return keys;
  }
  for (std::uint32_t line = 1; line <= document.source->lines(); ++line) {
    const auto text = document.source->line(line);
    const auto colon = text.find(':');
    if (colon != std::string_view::npos && text.find_first_of(" #'\"") > colon) keys.push_back(text.substr(0, colon));
  }
  return keys;
}

/// Of "http.users.0.password_file", or of as much of it as stands in the file. Names of Kafka's properties have dots of
/// their own, and may stand there as NAME_file.
yaml::Position place_of(const yaml::Node& root, std::string_view key, bool of_key) {
  const yaml::Node* node = &root;
  while (!key.empty()) {
    const yaml::Node* whole = find(*node, key);
    if (whole == nullptr) whole = find(*node, std::string(key) + "_file");
    if (whole != nullptr) return of_key ? whole->key_at : whole->at;
    const std::string_view part = key.substr(0, key.find('.'));
    key.remove_prefix(std::min(part.size() + 1, key.size()));
    const yaml::Node* next = nullptr;
    if (std::size_t index = 0; node->is(yaml::Node::Kind::sequence)) {
      std::from_chars(part.data(), part.data() + part.size(), index);
      if (index < node->children.size()) next = &node->children[index];
    } else {
      next = find(*node, part);
    }
    if (next == nullptr) break;
    node = next;
  }
  return node->at;
}

}  // namespace

Loading::Kind Loading::kind_of(const yaml::Document& document) {
  const std::pair<Kind, const std::vector<std::string>*> kinds[] = {{Kind::rules, &rule_file_keys()},
                                                                    {Kind::catalogue, &catalogue_file_keys()},
                                                                    {Kind::configuration, &configuration_keys()}};
  const auto keys = top_keys(document);
  Kind best = Kind::unknown;
  std::size_t most = 0;
  for (const auto& [kind, known] : kinds) {
    // An exact key tells more than any number of misspelt ones.
    std::size_t score = 0;
    for (const auto key : keys) {
      if (std::find(known->begin(), known->end(), key) != known->end()) {
        score += 1000;
      } else if (!nearest(std::string(key), *known).empty()) {
        ++score;
      }
    }
    if (score > most) {
      most = score;
      best = kind;
    }
  }
  return best;
}

void Loading::fault(std::string file, std::string message, bool unreadable) {
  Diagnostic diagnostic;
  diagnostic.file = std::move(file);
  diagnostic.message = std::move(message);
  diagnostic.unreadable = unreadable;
  files_.emplace_back().faults.push_back(std::move(diagnostic));
}

void Loading::read_path(Kind kind, const std::string& path) {
  if (!read_.insert(std::filesystem::path(path).lexically_normal().string()).second) return;
  auto text = read_file(path, limits_of(kind).bytes);
  if (!text) {
    fault(path, "can't be read: " + text.error(), true);
    return;
  }
  read_text(kind, path, std::move(*text));
}

void Loading::read_text(Kind kind, std::string name, std::string text, bool shipped) {
  File& file = files_.emplace_back();
  file.kind = kind;
  file.shipped = shipped;
  file.document = yaml::parse(std::move(name), std::move(text), limits_of(kind));
  read_document(file);
}

void Loading::read_document(File& file) {
  yaml::Faults& faults = *file.document.faults;
  if (file.kind == Kind::unknown) {
    file.kind = kind_of(file.document);
    const auto& limits = limits_of(file.kind);
    if (file.document.source->text().size() > limits.bytes) {
      faults.error({}, fmt::format("a {} has at most {} MiB", limits.what, limits.bytes >> 20U));
    }
  }
  switch (file.kind) {
    case Kind::configuration: return read_named_files(file, read_configuration(file.document));
    case Kind::rules: {
      const std::size_t before = rules_.rules().size();
      rules_.read(file.document);
      file.rules = rules_.rules().size() - before;
      return;
    }
    case Kind::catalogue: return catalogue_.read(file.document);
    case Kind::unknown: break;
  }
  if (file.document.usable) {
    faults.error(file.document.root.at,
                 "this is no configuration (version, sources, …), no rule file (correlate, dedup, …) and no catalogue "
                 "(services, …)");
  }
}

void Loading::read_named_files(const File& file, Configuration configuration) {
  const std::string& name = file.document.source->name();
  settings_ = std::move(configuration.settings);
  engine_ = std::move(configuration.engine);
  resolve_paths(name, settings_);
  examine_settings(file);
  check_publishers(file.document, settings_);
  sources_.clear();
  for (const auto& source : settings_.sources) sources_.push_back({source.name, source.stalled_after});
  // People's own rules come first: a pack takes every alert that comes to it.
  read_globs(file, Kind::rules, configuration.rules, settings_.rules);
  for (const auto& pack : settings_.packs) read_pack(pack);
  read_globs(file, Kind::catalogue, configuration.catalogue, settings_.catalogue);
}

void Loading::examine_settings(const File& file) const {
  yaml::Faults& faults = *file.document.faults;
  if (!examine_ || !file.document.usable || faults.any_errors()) return;
  for (const SettingsFault& found : examine_(settings_)) {
    faults.error(place_of(file.document.root, found.key, found.of_key), found.message);
  }
}

void Loading::read_globs(const File& file, Kind kind, const std::vector<Glob>& globs,
                         std::vector<std::string>& resolved) {
  for (const auto& [pattern, at] : globs) {
    resolved.push_back(beside(file.document.source->name(), pattern));
    const auto paths = expand_glob(resolved.back());
    if (paths.empty()) file.document.faults->error(at, fmt::format("no file matches \"{}\"", pattern));
    for (const auto& path : paths) read_path(kind, path);
  }
}

void Loading::read_rule_glob(const std::string& pattern) {
  const auto paths = expand_glob(pattern);
  if (paths.empty()) fault(pattern, "no file matches this", false);
  for (const auto& path : paths) read_path(Kind::rules, path);
}

void Loading::read_pack(std::string_view pack) {
  for (const PackFile& file : pack_files(pack)) {
    if (read_.insert(std::string(file.name)).second) {
      read_text(Kind::rules, std::string(file.name), std::string(file.text), true);
    }
  }
}

Loaded Loading::finish() {
  const bool complete = std::none_of(files_.begin(), files_.end(),
                                     [](const File& file) { return !file.faults.empty() || !file.document.usable; });
  Catalogue catalogue = catalogue_.finish(complete);
  Loaded loaded;
  for (const File& file : files_) {
    const auto faults = file.document.faults ? file.document.faults->sorted() : file.faults;
    loaded.diagnostics.insert(loaded.diagnostics.end(), faults.begin(), faults.end());
  }
  summarize(catalogue);
  loaded.settings = std::move(settings_);
  if (has_errors(loaded.diagnostics)) return loaded;
  RuleSet& rules = rules_.rules();
  auto relabeler = Relabeler::compile(std::move(rules.relabel));
  if (!relabeler) {
    Diagnostic diagnostic;
    diagnostic.message = fmt::format("relabelling step {}: {}", relabeler.error().step + 1, relabeler.error().message);
    loaded.diagnostics.push_back(std::move(diagnostic));
    return loaded;
  }
  loaded.recorded = recorded();
  Digest digest;
  digest.add_piece(loaded.recorded);
  auto bundle = std::make_shared<Bundle>();
  bundle->settings = std::move(engine_);
  bundle->sources = std::move(sources_);
  bundle->relabeler = std::move(*relabeler);
  bundle->dedup = std::move(rules.dedup);
  bundle->correlate = std::move(rules.correlate);
  bundle->catalogue = std::move(catalogue);
  bundle->hash = digest.hex();
  loaded.bundle = std::move(bundle);
  return loaded;
}

std::string Loading::recorded() const {
  const std::string engine = engine_settings_text(engine_);
  std::vector<BundlePart> parts{{PartKind::engine, {}, engine}};
  std::deque<std::string> durations;
  for (const SourceSettings& source : sources_) {
    parts.push_back({PartKind::source, source.name, durations.emplace_back(format_duration(source.stalled_after))});
  }
  for (const File& file : files_) {
    if (file.kind != Kind::rules && file.kind != Kind::catalogue) continue;
    const yaml::Source& source = *file.document.source;
    parts.push_back({file.kind == Kind::rules ? PartKind::rules : PartKind::catalogue, source.name(), source.text()});
  }
  return bundle_text(parts);
}

void Loading::summarize(const Catalogue& catalogue) {
  struct Count {
    std::size_t services = 0;
    std::size_t dependencies = 0;
    std::size_t items = 0;
  };
  std::map<std::string_view, Count> counts;
  for (const auto& service : catalogue.services) {
    Count& count = counts[service.origin.file];
    ++count.services;
    for (const auto& dependency : service.depends_on) count.dependencies += dependency.of.size();
  }
  for (const auto& item : catalogue.items) ++counts[item.origin.file].items;
  for (const File& file : files_) {
    if (!file.document.source || file.shipped) continue;
    const std::string& name = file.document.source->name();
    std::string summary;
    if (file.kind == Kind::configuration) {
      summary = counted(settings_.sources.size(), "source", "sources");
    } else if (file.kind == Kind::rules) {
      summary = counted(file.rules, "rule", "rules");
    } else if (file.kind == Kind::catalogue) {
      const Count& count = counts[name];
      summary = fmt::format("{}, {}", counted(count.services, "service", "services"),
                            counted(count.dependencies, "dependency", "dependencies"));
      if (count.items > 0) summary += ", " + counted(count.items, "configuration item", "configuration items");
    }
    checked_.push_back({name, std::string(name_of(file.kind)), std::move(summary)});
  }
}

}  // namespace triaged::config

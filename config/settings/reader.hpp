// triaged.yaml → settings.
#pragma once

#include <string>
#include <vector>

#include "config/settings/settings.hpp"
#include "config/yaml/node.hpp"
#include "rules/model/bundle.hpp"

namespace triaged::config {

/// A pattern of file names, as it is written, and where.
struct Glob {
  std::string pattern;
  yaml::Position at;
};

struct Configuration {
  Settings settings;  // paths as they are written, not yet resolved; rules and catalogue are left to the globs
  EngineSettings engine;
  std::vector<Glob> rules;
  std::vector<Glob> catalogue;
};

/// Faults go to the document's.
[[nodiscard]] Configuration read_configuration(yaml::Document& document);

/// Makes every path in `settings` one seen from the folder of the configuration `file`.
void resolve_paths(const std::string& file, Settings& settings);

/// Of paths that are resolved: what is read is never written, nor what is the daemon's own, and nothing by two. Looks
/// at the links on the disk.
void check_publishers(const yaml::Document& document, const Settings& settings);

/// The top-level keys of a triaged.yaml.
[[nodiscard]] const std::vector<std::string>& configuration_keys();

}  // namespace triaged::config

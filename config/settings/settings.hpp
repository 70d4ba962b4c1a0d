// The daemon's settings, as typed values.
#pragma once

#include <cstdint>
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
};
struct StdinSource {};
struct HttpSource {};

struct SourceConfig {
  std::string name;
  std::variant<FileSource, StdinSource, HttpSource> input;
  std::string format = "alertmanager";
  Duration stalled_after{0};
};

/// What a triaged.yaml holds that is not part of the bundle. Paths are resolved against the file's folder.
struct Settings {
  std::string state_directory = "state";
  std::string http_listen = "127.0.0.1:9595";
  std::vector<SourceConfig> sources;
  std::vector<std::string> packs;
  std::vector<std::string> rules;
  std::vector<std::string> catalogue;
};

}  // namespace triaged::config

#include "tests/scenarios/scenario.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "config/load.hpp"
#include "connectors/wire/alert_decoder.hpp"
#include "connectors/wire/change_decoder.hpp"
#include "connectors/wire/command_decoder.hpp"
#include "connectors/wire/rfc3339.hpp"
#include "daemon/replay/replay_log.hpp"

namespace triaged::test {
namespace {

namespace fs = std::filesystem;

// From within the folder, so that what comes out names files as `rules.yaml`, wherever the sources lie.
std::shared_ptr<const Bundle> load_bundle(const std::string& settings, const std::string& rules,
                                          const std::string& catalogue_file) {
  std::optional<std::string> catalogue;
  if (fs::exists(catalogue_file)) catalogue = catalogue_file;
  const auto loaded =
      fs::exists(settings) ? config::load_configuration(settings) : config::load_rules({rules}, catalogue);
  if (loaded.bundle != nullptr) return loaded.bundle;
  std::string faults = "the configuration is not good:";
  for (const auto& diagnostic : loaded.diagnostics) faults += '\n' + config::render(diagnostic);
  throw std::runtime_error(faults);
}

void refuse(const std::string& file, const std::vector<wire::Rejection>& rejections) {
  if (rejections.empty()) return;
  std::string faults = "lines that can't be used:";
  for (const auto& rejection : rejections) {
    faults += '\n' + file + ':' + std::to_string(rejection.line) + ": " + rejection.reason;
  }
  throw std::runtime_error(faults);
}

InputLog read_alerts() {
  wire::AlertBatch batch;
  wire::AlertStream stream;
  stream.feed(read_file("alerts.ndjson"), batch);
  stream.finish(batch);
  refuse("alerts.ndjson", batch.rejections);
  InputLog log;
  Time clock = kEarliest;
  for (const auto& entry : batch.entries) {
    clock = std::max(clock, replay::replay_log_time(entry, clock));
    log.push_back({clock, LoggedAlert{Labels(batch.labels(entry)), Labels(batch.annotations(entry)), entry.starts_at,
                                      entry.ends_at}});
  }
  return log;
}

// Each change goes before the first alert that is not earlier.
void merge_changes(InputLog& log) {
  std::vector<wire::DecodedChange> changes;
  std::vector<wire::Rejection> rejections;
  wire::decode_changes(read_file("changes.ndjson"), changes, rejections);
  refuse("changes.ndjson", rejections);
  for (auto& change : changes) {
    const auto at = std::find_if(log.begin(), log.end(),
                                 [&](const LoggedInput& input) { return input.log_time >= change.implemented_at; });
    log.insert(at, {change.implemented_at,
                    LoggedChange{std::move(change.id), std::move(change.service), std::move(change.kind)}});
  }
}

// `{"at":TIME,` and the rest of a command a line. Each goes behind all alerts of its time or before.
void merge_commands(InputLog& log, std::string_view prefix) {
  static constexpr std::string_view kFront = R"({"at":")";
  static constexpr std::size_t kTime = sizeof("2026-03-02T10:00:00.000Z") - 1;
  std::istringstream in(read_file("commands.ndjson"));
  for (std::string line; std::getline(in, line);) {
    const auto at =
        line.starts_with(kFront) ? wire::parse_time(std::string_view(line).substr(kFront.size(), kTime)) : std::nullopt;
    if (!at)
      throw std::runtime_error("commands.ndjson: a line begins with {\"at\":\"2026-03-02T10:00:00.000Z\",: " + line);
    const auto decoded = wire::decode_command("{" + line.substr(kFront.size() + kTime + 2), *at, prefix);
    if (!decoded) throw std::runtime_error("commands.ndjson: " + decoded.error().reason + ": " + line);
    const auto place = std::find_if(log.begin(), log.end(), [&](const LoggedInput& i) { return i.log_time > *at; });
    log.insert(place, {*at, std::get<Command>(*decoded)});
  }
}

// A line `TIME NUMBER`: from then on the bundle is that of rules-NUMBER.yaml and catalogue-NUMBER.yaml, or of
// settings-NUMBER.yaml. It goes before the first input that is not earlier.
void merge_reloads(InputLog& log) {
  std::istringstream in(read_file("reloads"));
  for (std::string time, number; in >> time >> number;) {
    const auto at = wire::parse_time(time);
    if (!at) throw std::runtime_error("reloads: expected TIME NUMBER, not " + time + " " + number);
    const auto place = std::ranges::find_if(log, [&](const LoggedInput& input) { return input.log_time >= *at; });
    const std::string rules = "rules-" + number + ".yaml";
    const std::string catalogue = "catalogue-" + number + ".yaml";
    log.insert(place,
               {*at, LoggedReload{load_bundle("settings-" + number + ".yaml", fs::exists(rules) ? rules : "rules.yaml",
                                              fs::exists(catalogue) ? catalogue : "catalogue.yaml")}});
  }
}

std::map<std::string, std::string> read_skipped_modes() {
  std::map<std::string, std::string> modes;
  std::istringstream in(read_file("skipped_modes"));
  for (std::string line; std::getline(in, line);) {
    const auto colon = line.find(": ");
    if (colon == std::string::npos) throw std::runtime_error("skipped_modes: expected MODE: REASON, not " + line);
    modes[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return modes;
}

}  // namespace

Scenario load_scenario(const fs::path& folder) {
  fs::current_path(folder);
  Scenario scenario;
  scenario.name = folder.filename();
  scenario.folder = folder;
  scenario.bundle = load_bundle("settings.yaml", "rules.yaml", "catalogue.yaml");
  scenario.log = read_alerts();
  merge_changes(scenario.log);
  merge_commands(scenario.log, scenario.bundle->settings.incident_prefix);
  merge_reloads(scenario.log);
  scenario.skipped_modes = read_skipped_modes();
  if (scenario.log.empty()) throw std::runtime_error("alerts.ndjson holds no alert");
  if (!fs::exists("README.md")) throw std::runtime_error("README.md is missing");
  return scenario;
}

std::vector<std::string> scenario_names(const fs::path& root) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(root)) {
    if (fs::exists(entry.path() / "alerts.ndjson")) names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace triaged::test

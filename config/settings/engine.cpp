#include "config/settings/engine.hpp"

#include "config/reading/options.hpp"
#include "config/reading/size.hpp"

namespace triaged::config {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using yaml::Faults;
using yaml::Node;

constexpr std::size_t kLongestPrefix = 16;

void read_prefix(const Node& node, Faults& faults, EngineSettings& settings) {
  const auto text = read_text(node, faults);
  if (!text) return;
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (text->size() > kLongestPrefix || !std::all_of(text->begin(), text->end(), allowed)) {
    faults.error(node.at, fmt::format("a prefix is at most {} letters, digits and underscores", kLongestPrefix));
    return;
  }
  settings.incident_prefix = *text;
}

const Options<EngineSettings>& options() {
  using E = EngineSettings;
  static const Options<E> kOptions(
      "\"engine\"",
      {
          duration_option("resolve_timeout", &E::resolve_timeout, {seconds(1), hours(24)},
                          "An alert without an end that is not sent again for so long is over."),
          duration_option("flap_hold", &E::flap_hold, {Duration{0}, hours(1)},
                          "An alert that fires again within this time of its end continues."),
          integer_option("flap_count", &E::flap_count, {1, 1000}, "So many re-fires mark an alert as flapping."),
          duration_option("flap_window", &E::flap_window, {seconds(1), hours(24)}, "In which re-fires are counted."),
          duration_option("allowed_lateness", &E::allowed_lateness, {Duration{0}, hours(1)},
                          "How late an alert may arrive and still give the same outcome; at most flap_hold."),
          duration_option("reopen_within", &E::reopen_within, {Duration{0}, hours(24)},
                          "An incident whose fault comes back within this time opens again."),
          duration_option("close_after", &E::close_after, {Duration{0}, hours(24 * 30)},
                          "So long after it resolved an incident is closed."),
          size_option("max_state", &E::max_state, {std::uint64_t{64} << 10U, std::uint64_t{1} << 40U},
                      "Beyond so much state what is over goes first, then new alerts are rejected."),
          {"incident_prefix", "text", "1 to 16 characters", "INC gives INC-0-17.", read_prefix},
      });
  return kOptions;
}

}  // namespace

void read_engine_settings(const Node& node, Faults& faults, EngineSettings& settings) {
  const std::size_t faults_before = faults.count();
  if (!options().read(node, faults, settings) || faults.count() > faults_before) return;
  if (settings.flap_hold >= settings.allowed_lateness) return;
  const Node* hold = find(node, "flap_hold");
  const Node* lateness = find(node, "allowed_lateness");
  faults.error((hold != nullptr ? hold : lateness)->at,
               fmt::format("flap_hold ({}) must be at least allowed_lateness ({}): a late resolve would end a re-fire",
                           format_duration(settings.flap_hold), format_duration(settings.allowed_lateness)));
}

const std::vector<std::string>& engine_settings_keys() { return options().keys(); }

std::string engine_settings_text(const EngineSettings& settings) {
  std::string text;
  const auto add = [&](std::string_view key, std::string_view value) {
    text.append(key).append(": ").append(value).append("\n");
  };
  add("resolve_timeout", format_duration(settings.resolve_timeout));
  add("flap_hold", format_duration(settings.flap_hold));
  add("flap_count", std::to_string(settings.flap_count));
  add("flap_window", format_duration(settings.flap_window));
  add("allowed_lateness", format_duration(settings.allowed_lateness));
  add("reopen_within", format_duration(settings.reopen_within));
  add("close_after", format_duration(settings.close_after));
  add("max_state", format_size(settings.max_state));
  add("incident_prefix", "'" + settings.incident_prefix + "'");
  return text;
}

std::expected<EngineSettings, Diagnostics> parse_engine_settings(std::string text) {
  yaml::Document document = yaml::parse("engine settings", std::move(text), {.what = "mapping of engine settings"});
  EngineSettings settings;
  if (document.usable) read_engine_settings(document.root, *document.faults, settings);
  if (document.faults->any_errors()) return std::unexpected(document.faults->sorted());
  return settings;
}

}  // namespace triaged::config

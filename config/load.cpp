#include "config/load.hpp"

#include "config/files.hpp"
#include "config/loading.hpp"

namespace triaged::config {
namespace {

// What replay reads: whoever made the alerts, it is one source that never stalls.
const std::vector<SourceSettings>& one_source() {
  static const std::vector<SourceSettings> kSources = {{"replay", Duration{0}}};
  return kSources;
}

}  // namespace

Loaded load_rules(const std::vector<std::string>& rule_globs, const std::optional<std::string>& catalogue_file) {
  Loading loading;
  loading.set_sources(one_source());
  if (rule_globs.empty()) loading.read_pack("default");
  for (const auto& pattern : rule_globs) loading.read_rule_glob(pattern);
  if (catalogue_file) loading.read_path(Loading::Kind::catalogue, *catalogue_file);
  return loading.finish();
}

Loaded load_configuration(const std::string& file, const ExamineSettings& examine) {
  Loading loading;
  loading.set_examine(examine);
  loading.read_path(Loading::Kind::configuration, file);
  return loading.finish();
}

Loaded load_built_in() {
  std::string text =
      "version: 1\n"
      "log: {local: {directory: state}}\n"
      "http: {listen: '127.0.0.1:9595'}\n"
      "sources:\n"
      "  - {name: prometheus, http: {}, format: alertmanager, stalled_after: 3m}\n"
      "packs: [default]\n";
  // A glob that matches nothing is a fault of who wrote it; nobody wrote these.
  for (const char* const folder : {"rules", "catalogue"}) {
    const std::string pattern = std::string(folder) + "/*.yaml";
    if (!expand_glob(pattern).empty()) text += std::string(folder) + ": ['" + pattern + "']\n";
  }
  Loading loading;
  loading.read_text(Loading::Kind::configuration, "triaged.yaml", std::move(text));
  return loading.finish();
}

Loaded check_files(const std::vector<std::string>& files, std::vector<Checked>& checked,
                   const ExamineSettings& examine) {
  Loading loading;
  loading.set_examine(examine);
  loading.set_sources(one_source());
  for (const auto& file : files) loading.read_path(Loading::Kind::unknown, file);
  Loaded loaded = loading.finish();
  checked = loading.checked();
  return loaded;
}

Loaded load_texts(const std::vector<NamedText>& rules, const std::vector<NamedText>& catalogue) {
  Loading loading;
  loading.set_sources(one_source());
  for (const auto& [name, text] : rules) loading.read_text(Loading::Kind::rules, name, text);
  for (const auto& [name, text] : catalogue) loading.read_text(Loading::Kind::catalogue, name, text);
  return loading.finish();
}

}  // namespace triaged::config

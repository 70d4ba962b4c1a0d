// What needs files: globs, a triaged.yaml and what it names, check_files.
#include "config/files.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "config/load.hpp"

namespace triaged::config {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class Folder {
 public:
  Folder() {
    static std::atomic<int> count = 0;
    path_ = fs::temp_directory_path() / ("triaged-config-" + std::to_string(getpid()) + "-" + std::to_string(++count));
    fs::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string write(const std::string& name, const std::string& text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path(name);
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

std::string said(const Loaded& loaded) {
  std::string text;
  for (const auto& diagnostic : loaded.diagnostics) text += render(diagnostic) + "\n";
  return text;
}

constexpr const char* kRule = "correlate: [{name: one, by: topology}]\n";

TEST_CASE("files: a glob gives paths in byte order, as it is written", "[config]") {
  const Folder folder;
  for (const auto* name : {"b.yaml", "a.yaml", "B.yaml", ".hidden.yaml", "a.yml", "sub/c.yaml", "other/d.yaml"}) {
    folder.write(name, "");
  }
  const auto paths = [&](std::initializer_list<const char*> names) {
    std::vector<std::string> all;
    for (const auto* name : names) all.push_back(folder.path(name));
    return all;
  };
  CHECK(expand_glob(folder.path("*.yaml")) == paths({"B.yaml", "a.yaml", "b.yaml"}));
  CHECK(expand_glob(folder.path("?.yml")) == paths({"a.yml"}));
  CHECK(expand_glob(folder.path("[ab].yaml")) == paths({"a.yaml", "b.yaml"}));
  CHECK(expand_glob(folder.path("*/*.yaml")) == paths({"other/d.yaml", "sub/c.yaml"}));
  CHECK(expand_glob(folder.path("a.yaml")) == paths({"a.yaml"}));
  CHECK(expand_glob(folder.path("c.yaml")).empty());
  CHECK(expand_glob(folder.path("*.json")).empty());
  CHECK(expand_glob(folder.path("nowhere/*.yaml")).empty());
}

TEST_CASE("files: a path is seen from the folder of the file that names it", "[config]") {
  CHECK(beside("triaged.yaml", "rules/a.yaml") == "rules/a.yaml");
  CHECK(beside("etc/triaged.yaml", "rules/a.yaml") == "etc/rules/a.yaml");
  CHECK(beside("etc/triaged.yaml", "/rules/a.yaml") == "/rules/a.yaml");
}

TEST_CASE("files: a glob that matches nothing is a fault, a file that can't be opened another", "[config]") {
  const Folder folder;
  const Loaded none = load_rules({folder.path("*.yaml")}, std::nullopt);
  REQUIRE(none.diagnostics.size() == 1);
  CHECK(none.diagnostics[0].message == "no file matches this");
  CHECK_FALSE(none.diagnostics[0].unreadable);
  CHECK_FALSE(none.bundle);

  const Loaded missing = load_rules({folder.write("rules.yaml", kRule)}, folder.path("catalogue.yaml"));
  REQUIRE(missing.diagnostics.size() == 1);
  CHECK(missing.diagnostics[0].file == folder.path("catalogue.yaml"));
  CHECK(missing.diagnostics[0].message == "can't be read: No such file or directory");
  CHECK(missing.diagnostics[0].unreadable);

  fs::create_directory(folder.path("folder.yaml"));
  const Loaded directory = load_rules({folder.path("f*.yaml")}, std::nullopt);
  REQUIRE(directory.diagnostics.size() == 1);
  CHECK(directory.diagnostics[0].unreadable);
}

TEST_CASE("files: a file that two globs match is read once", "[config]") {
  const Folder folder;
  const auto file = folder.write("rules.yaml", kRule);
  const Loaded loaded = load_rules({file, folder.path("*.yaml"), folder.path("./rules.yaml")}, std::nullopt);
  INFO(said(loaded));
  REQUIRE(loaded.bundle);
  CHECK(loaded.bundle->correlate.size() == 1);
  CHECK(loaded.bundle->correlate[0].origin.file == file);
}

TEST_CASE("files: a rule file over 1 MiB is refused, a catalogue of that size is not", "[config]") {
  const Folder folder;
  const std::string padding(1U << 20U, '#');
  CHECK(said(load_rules({folder.write("rules.yaml", kRule + padding)}, std::nullopt)).find("at most 1 MiB") !=
        std::string::npos);
  std::vector<Checked> checked;
  CHECK(said(check_files({folder.path("rules.yaml")}, checked)).find("at most 1 MiB") != std::string::npos);
  CHECK(check_files({folder.write("catalogue.yaml", "services: [{name: a}]\n" + padding)}, checked).bundle);
}

TEST_CASE("files: a configuration brings what it names, from its own folder", "[config]") {
  const Folder folder;
  folder.write("etc/rules/20.yaml", "correlate: [{name: two, by: topology}]\n");
  folder.write("etc/rules/10.yaml", kRule);
  folder.write("etc/catalogue/a.yaml", "services: [{name: api}]\n");
  const auto file = folder.write("etc/triaged.yaml", R"(
version: 1
log: {local: {directory: state}}
http: {listen: '[::1]:0'}
sources:
  - {name: prometheus, http: {}, format: alertmanager, stalled_after: 3m}
  - {name: export, file: {path: alerts.ndjson, follow: true}, format: alertmanager}
  - {name: pipe, stdin: {}}
rules: ['rules/*.yaml']
catalogue: ['catalogue/*.yaml']
engine: {resolve_timeout: 10m, flap_hold: 3m, flap_count: 5, flap_window: 30m, allowed_lateness: 90s, reopen_within: 0,
         close_after: 2h, incident_prefix: OPS}
)");
  const Loaded loaded = load_configuration(file);
  INFO(said(loaded));
  REQUIRE(loaded.bundle);
  CHECK(loaded.diagnostics.empty());
  const Settings& settings = loaded.settings;
  CHECK(settings.state_directory == folder.path("etc/state"));
  CHECK(settings.http.listen == "[::1]:0");
  CHECK(settings.packs.empty());
  CHECK(settings.rules == std::vector<std::string>{folder.path("etc/rules/*.yaml")});
  REQUIRE(settings.sources.size() == 3);
  CHECK(std::holds_alternative<HttpSource>(settings.sources[0].input));
  CHECK(settings.sources[0].stalled_after == 3min);
  CHECK(std::get<FileSource>(settings.sources[1].input).path == folder.path("etc/alerts.ndjson"));
  CHECK(std::get<FileSource>(settings.sources[1].input).follow);
  CHECK(std::holds_alternative<StdinSource>(settings.sources[2].input));
  CHECK(settings.sources[2].format == "alertmanager");
  const Bundle& bundle = *loaded.bundle;
  REQUIRE(bundle.sources.size() == 3);
  CHECK(bundle.sources[0].name == "prometheus");
  CHECK(bundle.sources[0].stalled_after == 3min);
  REQUIRE(bundle.correlate.size() == 2);
  CHECK(bundle.correlate[0].name == "one");
  CHECK(bundle.catalogue.services.size() == 1);
  CHECK(bundle.settings.incident_prefix == "OPS");
  CHECK(bundle.settings.resolve_timeout == 10min);
  CHECK(bundle.settings.flap_hold == 3min);
  CHECK(bundle.settings.flap_count == 5);
  CHECK(bundle.settings.flap_window == 30min);
  CHECK(bundle.settings.allowed_lateness == 90s);
  CHECK(bundle.settings.reopen_within == 0s);
  CHECK(bundle.settings.close_after == 2h);
}

TEST_CASE("files: a configuration without rules has the pack default", "[config]") {
  const Folder folder;
  const Loaded loaded = load_configuration(folder.write("triaged.yaml", "version: 1\n"));
  INFO(said(loaded));
  REQUIRE(loaded.bundle);
  CHECK(loaded.settings.packs == std::vector<std::string>{"default"});
  CHECK_FALSE(loaded.bundle->correlate.empty());
}

TEST_CASE("files: faults of a configuration and of what it names come in one run", "[config]") {
  const Folder folder;
  folder.write("rules.yaml", "correlate: [{name: one, by: topology, hops: 0}]\n");
  const auto file = folder.write("triaged.yaml", "version: 1\nrules: [rules.yaml, gone.yaml]\nhtpp: {}\n");
  const Loaded loaded = load_configuration(file);
  REQUIRE(loaded.diagnostics.size() == 3);
  CHECK(loaded.diagnostics[0].message == "no file matches \"gone.yaml\"");
  CHECK(loaded.diagnostics[0].line == 2);
  CHECK(loaded.diagnostics[1].message == "unknown key \"htpp\"; did you mean \"http\"?");
  CHECK(loaded.diagnostics[2].file == folder.path("rules.yaml"));
}

TEST_CASE("files: check tells what a file is by what stands in it", "[config]") {
  const Folder folder;
  const auto rules = folder.write("one", kRule);
  const auto catalogue = folder.write("two", R"(
services: [{name: api, depends_on: [{needs: 1, of: [a, b]}]}, {name: a}, {name: b, depends_on: [a]}]
configuration_items: [{name: host}]
)");
  const auto configuration = folder.write("three", "version: 1\nrules: [one]\nsources: [{name: pipe, stdin: {}}]\n");
  std::vector<Checked> checked;
  const Loaded loaded = check_files({rules, catalogue, configuration}, checked);
  INFO(said(loaded));
  CHECK(loaded.bundle);
  REQUIRE(checked.size() == 3);
  CHECK(checked[0].kind == "rules");
  CHECK(checked[0].summary == "1 rule");
  CHECK(checked[1].kind == "catalogue");
  CHECK(checked[1].summary == "3 services, 3 dependencies, 1 configuration item");
  CHECK(checked[2].kind == "configuration");
  CHECK(checked[2].summary == "1 source");
  CHECK(checked[2].file == configuration);
}

TEST_CASE("files: check knows a file's kind in spite of faults in it", "[config]") {
  const Folder folder;
  std::vector<Checked> checked;
  const Loaded loaded =
      check_files({folder.write("a", "corelate: []\n"), folder.write("b", "{services: [], servces: []}\n"),
                   folder.write("c", "version: 1\nhttp: {listen: \"x\n"), folder.write("d", "  services: []\nx: 1\n")},
                  checked);
  CHECK_FALSE(loaded.bundle);
  REQUIRE(checked.size() == 4);
  CHECK(checked[0].kind == "rules");
  CHECK(checked[1].kind == "catalogue");
  CHECK(checked[2].kind == "configuration");
  CHECK(checked[3].kind == "");
}

}  // namespace
}  // namespace triaged::config

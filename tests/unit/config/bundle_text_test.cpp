#include "config/bundle_text.hpp"

#include <fstream>

#include <catch2/catch.hpp>

#include "config/settings/engine.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace triaged;
using namespace triaged::config;
using namespace std::chrono_literals;

namespace {

constexpr const char* kRules = "correlate:\n  - {name: a, by: {labels: [service]}, timespan: 5m}\n";
constexpr const char* kCatalogue = "services:\n  - {name: web, depends_on: [db]}\n  - {name: db}\n";

/// A folder with files in it.
class Files : public test::TemporaryFolder {
 public:
  std::string write(const std::string& name, const std::string& text) const {
    const std::string file = path() + "/" + name;
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }
};

std::string said(const Loaded& loaded) {
  std::string text;
  for (const auto& diagnostic : loaded.diagnostics) text += render(diagnostic) + '\n';
  return text;
}

std::string configuration(const std::string& more) {
  return "version: 1\nsources:\n  - {name: prometheus, http: {}, stalled_after: 3m}\n  - {name: file, stdin: {}}\n"
         "packs: [default]\nrules: [rules.yaml]\ncatalogue: [catalogue.yaml]\n" +
         more;
}

}  // namespace

TEST_CASE("people's own rules come before a pack's, which would leave them nothing", "[config]") {
  const Files folder;
  folder.write("rules.yaml", kRules);
  folder.write("catalogue.yaml", kCatalogue);
  const Loaded loaded = load_configuration(folder.write("triaged.yaml", configuration("")));
  REQUIRE(loaded.bundle);
  CHECK(loaded.bundle->correlate.front().origin.file.ends_with("rules.yaml"));
  CHECK(loaded.bundle->correlate.back().origin.file.starts_with("packs/default/"));
}

TEST_CASE("a bundle's text gives the same bundle again", "[config]") {
  const Files folder;
  folder.write("rules.yaml", kRules);
  folder.write("catalogue.yaml", kCatalogue);
  const Loaded first = load_configuration(folder.write(
      "triaged.yaml", configuration("engine: {close_after: 2h, max_state: 64MiB, incident_prefix: OPS}\n")));
  REQUIRE(said(first).empty());
  const Loaded again = load_recorded(first.recorded);
  REQUIRE(said(again).empty());
  CHECK(again.recorded == first.recorded);
  CHECK(again.bundle->hash == first.bundle->hash);
  CHECK(again.bundle->settings == first.bundle->settings);
  CHECK(again.bundle->settings.max_state == std::uint64_t{64} << 20U);
  CHECK(again.bundle->sources == std::vector<SourceSettings>{{"prometheus", 3min}, {"file", 0ms}});
  REQUIRE(again.bundle->correlate.size() == first.bundle->correlate.size());
  for (std::size_t i = 0; i < first.bundle->correlate.size(); ++i) {
    CHECK(again.bundle->correlate[i].name == first.bundle->correlate[i].name);
    CHECK(again.bundle->correlate[i].origin.file == first.bundle->correlate[i].origin.file);
    CHECK(again.bundle->correlate[i].origin.line == first.bundle->correlate[i].origin.line);
  }
  CHECK(again.bundle->catalogue.services.size() == 2);
}

TEST_CASE("what decides is in the hash, and nothing else", "[config]") {
  const Files folder;
  folder.write("rules.yaml", kRules);
  folder.write("catalogue.yaml", kCatalogue);
  const auto hash = [&](const std::string& text) {
    return load_configuration(folder.write("triaged.yaml", text)).bundle->hash;
  };
  const std::string plain = hash(configuration(""));
  CHECK(plain == hash(configuration("http: {listen: '127.0.0.1:1'}\nlog: {local: {directory: elsewhere}}\n")));
  CHECK(plain == hash(configuration("engine: {flap_count: 3}\n")));
  CHECK(plain != hash(configuration("engine: {flap_count: 4}\n")));
  std::string renamed = configuration("");
  renamed.replace(renamed.find("prometheus"), 10, "prometheuS");
  CHECK(plain != hash(renamed));
  folder.write("rules.yaml", std::string(kRules) + "# a comment\n");
  CHECK(plain != hash(configuration("")));
}

TEST_CASE("every engine setting is in the text", "[config]") {
  EngineSettings settings{.incident_prefix = "null",
                          .resolve_timeout = 61s,
                          .flap_hold = 1h,
                          .flap_count = 7,
                          .flap_window = 90s,
                          .allowed_lateness = 1500ms,
                          .reopen_within = 0ms,
                          .close_after = 25h,
                          .max_state = (std::uint64_t{1} << 20U) + 1};
  const std::string text = engine_settings_text(settings);
  for (const std::string& key : engine_settings_keys()) CHECK(text.find(key + ": ") != std::string::npos);
  const auto read = parse_engine_settings(text);
  REQUIRE(read.has_value());
  CHECK(*read == settings);
}

TEST_CASE("faults of a recorded bundle name the files that it was made from", "[config]") {
  const std::string text = bundle_text(
      {{PartKind::engine, "", "flap_count: 3\n"}, {PartKind::rules, "rules/10.yaml", "correlate:\n  - {name: a}\n"}});
  const Loaded loaded = load_recorded(text);
  CHECK(loaded.bundle == nullptr);
  CHECK(said(loaded).find("rules/10.yaml:2:5: error: a correlation rule needs \"by\"") != std::string::npos);
}

TEST_CASE("what is no bundle's text is refused", "[config]") {
  const std::string good = bundle_text({{PartKind::source, "a\nb", "3m"}, {PartKind::rules, "r", "dedup: []\n"}});
  const auto parts = read_bundle_text(good);
  REQUIRE(parts.has_value());
  REQUIRE(parts->size() == 2);
  CHECK(parts->front().name == "a\nb");
  CHECK(parts->back().text == "dedup: []\n");
  for (std::size_t size = 0; size < good.size(); ++size) {
    if (size == std::string_view("triaged bundle 1\n").size()) continue;  // without a part
    const auto cut = read_bundle_text(std::string_view(good).substr(0, size));
    if (cut) CHECK(cut->size() == 1);  // after the first part
  }
  for (const char* bad : {"", "triaged bundle 2\n", "triaged bundle 1\nsource 1\n", "triaged bundle 1\nsauce 0 0\n\n\n",
                          "triaged bundle 1\nrules 99999999999999999999 0\n\n\n",
                          "triaged bundle 1\nrules -1 18446744073709551615\n\n\n"}) {
    CHECK_FALSE(read_bundle_text(bad).has_value());
    CHECK(said(load_recorded(bad)).starts_with("recorded bundle: error: "));
  }
}

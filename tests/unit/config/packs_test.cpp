#include "config/packs/packs.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include <catch2/catch.hpp>

namespace triaged::config {
namespace {

TEST_CASE("packs: the binary holds every file of the pack default as it stands in the source", "[config]") {
  const auto files = pack_files("default");
  REQUIRE_FALSE(files.empty());
  CHECK(std::is_sorted(files.begin(), files.end(), [](auto& a, auto& b) { return a.name < b.name; }));
  for (const auto& file : files) {
    CAPTURE(file.name);
    CHECK(file.name.starts_with("packs/default/"));
    std::ifstream on_disk(std::string(TRIAGED_SOURCE_DIR "/config/").append(file.name));
    REQUIRE(on_disk);
    CHECK(file.text == std::string(std::istreambuf_iterator<char>(on_disk), {}));
  }
}

TEST_CASE("packs: a name that is no pack's whole name finds nothing", "[config]") {
  CHECK(pack_files("defaul").empty());
  CHECK(pack_files("").empty());
  CHECK(pack_files("none").empty());
}

}  // namespace
}  // namespace triaged::config

// Every file under bad/ has beside it, in NAME.expected, all that is said about it. TRIAGED_UPDATE=1 in the environment
// rewrites these.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "config/load.hpp"

namespace triaged::config {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at))
    text.replace(at, what.size(), with);
  return text;
}

TEST_CASE("bad input: everything that is wrong with a file is said, where it is", "[config]") {
  const fs::path folder = TRIAGED_SOURCE_DIR "/tests/unit/config/bad";
  const bool update = std::getenv("TRIAGED_UPDATE") != nullptr;  // NOLINT(concurrency-mt-unsafe)
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  REQUIRE(files.size() >= 30);
  for (const auto& file : files) {
    CAPTURE(file.string());
    std::vector<Checked> checked;
    const Loaded loaded = check_files({file.string()}, checked);
    std::string said;
    for (const auto& diagnostic : loaded.diagnostics) said += render(diagnostic) + "\n";
    said = replaced(said, file.parent_path().string() + "/", "");
    const auto expected = fs::path(file).replace_extension(".expected");
    if (update) std::ofstream(expected, std::ios::binary) << said;
    CHECK(said == content(expected));
    CHECK_FALSE(said.empty());
    CHECK((loaded.bundle == nullptr) == has_errors(loaded.diagnostics));
  }
}

}  // namespace
}  // namespace triaged::config

#include "daemon/replay/output_file.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

using triaged::replay::OutputFile;

namespace {

class TemporaryFile {
 public:
  TemporaryFile() {
    std::string name = (std::filesystem::temp_directory_path() / "triaged-test-XXXXXX").string();
    const int fd = ::mkstemp(name.data());
    REQUIRE(fd >= 0);
    ::close(fd);
    name_ = name;
  }
  ~TemporaryFile() { std::filesystem::remove(name_); }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string text() const {
    std::ostringstream text;
    text << std::ifstream(name_).rdbuf();
    return text.str();
  }

 private:
  std::string name_;
};

}  // namespace

TEST_CASE("an output file holds what was written, small or large") {
  const TemporaryFile file;
  auto output = OutputFile::open(file.name());
  REQUIRE(output.has_value());
  std::string expected;
  for (int number = 0; number < 100'000; ++number) {
    const auto line = "line " + std::to_string(number) + "\n";
    expected += line;
    output->buffer() += line;
    output->lines_added();
  }
  CHECK(output->buffer().size() < expected.size() / 2);  // large pieces were written on the way
  output->finish();
  CHECK_FALSE(output->error().has_value());
  CHECK(file.text() == expected);
}

TEST_CASE("a full disk is an error that names the file") {
  if (!std::filesystem::exists("/dev/full")) {
    WARN("SKIPPED: no /dev/full here");
    return;
  }
  auto output = OutputFile::open("/dev/full");
  REQUIRE(output.has_value());
  output->buffer() += "line\n";
  output->finish();
  REQUIRE(output->error().has_value());
  CHECK(*output->error() == "cannot write /dev/full: No space left on device");
}

TEST_CASE("a file that can't be created is an error that names it") {
  const auto output = OutputFile::open("/nowhere/at/all");
  REQUIRE_FALSE(output.has_value());
  CHECK(output.error() == "cannot write /nowhere/at/all: No such file or directory");
}

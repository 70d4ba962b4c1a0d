#include "daemon/replay/decoding_reader.hpp"

#include <array>
#include <thread>

#include <catch2/catch.hpp>
#include <unistd.h>

using namespace triaged::replay;
namespace files = triaged::files;

namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    out = files::FileDescriptor(ends[0]);
    in = files::FileDescriptor(ends[1]);
  }
  files::FileDescriptor out;
  files::FileDescriptor in;
};

}  // namespace

TEST_CASE("a reader gives all that a pipe holds, in order, with its lines") {
  Pipe pipe;
  constexpr std::uint64_t kAlerts = 20'000;
  std::thread writer([in = std::move(pipe.in)] {
    std::string text;
    for (std::uint64_t number = 1; number <= kAlerts; ++number) {
      text += number % 1000 == 0 ? "torn\n"
                                 : R"({"labels": {"service": "web"}})"
                                   "\n";
    }
    for (std::string_view rest = text; !rest.empty();) {
      const auto written = ::write(in.get(), rest.data(), rest.size());
      if (written < 0) return;
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
  });
  std::uint64_t alerts = 0;
  std::uint64_t rejections = 0;
  std::uint64_t last_line = 0;
  std::uint64_t bytes = 0;
  {
    DecodingReader reader(InputFile{"pipe", std::move(pipe.out), std::nullopt});
    while (auto batch = reader.next()) {
      for (const auto& entry : batch->alerts.entries) {
        CHECK(entry.line > last_line);
        last_line = entry.line;
      }
      for (const auto& rejection : batch->alerts.rejections) CHECK(rejection.line % 1000 == 0);
      alerts += batch->alerts.entries.size();
      rejections += batch->alerts.rejections.size();
      bytes = batch->bytes_read;
      reader.recycle(std::move(batch));
    }
    CHECK_FALSE(reader.error().has_value());
  }
  writer.join();
  CHECK(alerts == kAlerts - 20);
  CHECK(rejections == 20);
  CHECK(bytes > kAlerts * 5);
}

TEST_CASE("a reader that waits for input can be stopped") {
  Pipe pipe;
  DecodingReader reader(InputFile{"pipe", std::move(pipe.out), std::nullopt});
  SUCCEED("the destructor returns although nothing was ever written");
}

TEST_CASE("what can't be opened is an error that names it") {
  const auto missing = InputFile::open("/nowhere/at/all");
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error() == "cannot open /nowhere/at/all: No such file or directory");
  const auto folder = InputFile::open("/");
  REQUIRE_FALSE(folder.has_value());
  CHECK(folder.error() == "cannot open /: it is a directory");
}

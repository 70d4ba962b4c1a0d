#include "daemon/telemetry/logger.hpp"

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connectors/files/file_descriptor.hpp"

namespace triaged::telemetry {
namespace {

using namespace std::chrono_literals;
using files::FileDescriptor;

constexpr Time kStart{Duration{1'795'428'000'000}};

// Standard error and who reads it.
class Reader {
 public:
  enum class Kind : std::uint8_t { pipe, socket };
  explicit Reader(Kind kind = Kind::pipe) {
    std::array<int, 2> ends{};
    const int made = kind == Kind::pipe ? ::pipe(ends.data()) : ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data());
    REQUIRE(made == 0);
    read_ = FileDescriptor(ends[0]);
    written_ = FileDescriptor(ends[1]);
    REQUIRE(::fcntl(read_.get(), F_SETFL, O_NONBLOCK) == 0);
  }
  [[nodiscard]] int descriptor() const { return written_.get(); }
  std::string read() {
    std::string all;
    std::array<char, 65536> bytes{};
    for (ssize_t got = 0; (got = ::read(read_.get(), bytes.data(), bytes.size())) > 0;) {
      all.append(bytes.data(), static_cast<std::size_t>(got));
    }
    return all;
  }
  // Whole ones; what of a line came in part is kept.
  std::vector<std::string> lines() {
    std::vector<std::string> lines;
    part_ += read();
    for (std::size_t end = 0; (end = part_.find('\n')) != std::string::npos; part_.erase(0, end + 1)) {
      lines.push_back(part_.substr(0, end));
    }
    return lines;
  }
  void leave() { read_ = FileDescriptor(); }

 private:
  FileDescriptor read_;
  FileDescriptor written_;
  std::string part_;
};

// A clock that stands until it is moved.
struct Hand {
  std::atomic<std::int64_t> milliseconds = 5000;
  Logger::Clock clock() {
    return [this] { return clock::Reading{kStart + Duration{milliseconds.load()}, Duration{milliseconds.load()}}; };
  }
};

Line line(std::string_view event = "e", Level level = Level::info) { return {level, event, "m"}; }

TEST_CASE("telemetry: lines below the level are left out, also after a reload", "[telemetry]") {
  Reader reader;
  Hand hand;
  Logger logger({Format::logfmt, Level::warn}, reader.descriptor(), hand.clock());
  CHECK_FALSE(logger.enabled(Level::info));
  CHECK(logger.enabled(Level::warn));
  logger.write(line("a", Level::info));
  logger.write(line("b", Level::warn));
  logger.set({Format::json, Level::debug});
  logger.write(line("c", Level::debug));
  const auto lines = reader.lines();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "time=2026-11-23T10:00:05.000Z level=warn event=b msg=m");
  CHECK(lines[1] == R"({"time":"2026-11-23T10:00:05.000Z","level":"debug","event":"c","msg":"m"})");
}

TEST_CASE("telemetry: of one kind ten lines come at once, then one a second, and what is left out is told",
          "[telemetry]") {
  Reader reader;
  Hand hand;
  Logger logger({}, reader.descriptor(), hand.clock());
  for (int i = 0; i < 15; ++i) logger.write(line());
  CHECK(reader.lines().size() == 10);
  CHECK(logger.suppressed() == 5);
  logger.write(line("another"));
  CHECK(reader.lines().size() == 1);
  hand.milliseconds += 999;
  logger.write(line());
  CHECK(reader.lines().empty());
  hand.milliseconds += 1;
  logger.write(line());
  logger.write(line());
  auto lines = reader.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].ends_with(" msg=m suppressed=6"));
  hand.milliseconds += 60'000;
  for (int i = 0; i < 11; ++i) logger.write(line());
  lines = reader.lines();
  REQUIRE(lines.size() == 10);
  CHECK(lines[0].ends_with(" suppressed=1"));
  CHECK(lines[1].ends_with(" msg=m"));
}

TEST_CASE("telemetry: what was left out of a kind that went quiet is told when asked for", "[telemetry]") {
  Reader reader;
  Hand hand;
  Logger logger({}, reader.descriptor(), hand.clock());
  for (int i = 0; i < 12; ++i) logger.write(line());
  (void)reader.lines();
  logger.tell_suppressed();
  logger.tell_suppressed();
  const auto lines = reader.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].ends_with("event=e msg=\"lines like this were left out\" suppressed=2"));
}

TEST_CASE("telemetry: a reader that does not read costs lines, which are counted and told", "[telemetry]") {
  const auto kind = GENERATE(Reader::Kind::pipe, Reader::Kind::socket);
  Reader reader(kind);
  Hand hand;
  Logger logger({}, reader.descriptor(), hand.clock());
  std::uint64_t written = 0;
  // More than any pipe holds; each kind of event has its own ten.
  for (int i = 0; logger.dropped() == 0 && i < 2000; ++i) {
    hand.milliseconds += 1000;
    logger.write(line().add("text", std::string(1000, 'x')));
    ++written;
  }
  CHECK(logger.dropped() == 1);
  logger.write(line("another"));  // within the second: not waited for
  CHECK(logger.dropped() == 2);
  auto lines = reader.lines();
  logger.write(line("third"));
  for (auto& more : reader.lines()) lines.push_back(std::move(more));
  REQUIRE(lines.size() == written - 1 + 2);
  CHECK(lines[lines.size() - 2].find("event=log_dropped") != std::string::npos);
  CHECK(lines[lines.size() - 2].ends_with(" dropped=2"));
  CHECK(lines.back().find("event=third") != std::string::npos);
  for (const auto& text : lines) CHECK(text.starts_with("time=2026-11-23T"));
}

TEST_CASE("telemetry: a reader that is gone is no fault", "[telemetry]") {
  Reader reader(Reader::Kind::socket);
  reader.leave();
  Hand hand;
  Logger logger({}, reader.descriptor(), hand.clock());
  logger.write(line());
  logger.write(line());
  CHECK(logger.dropped() == 2);
}

TEST_CASE("telemetry: lines of many threads stay whole", "[telemetry]") {
  Reader reader;
  Hand hand;
  Logger logger({}, reader.descriptor(), hand.clock());
  std::vector<std::thread> threads;
  for (const char* name : {"a", "b", "c", "d"}) {
    threads.emplace_back([&, name] {
      for (int i = 0; i < 10; ++i) logger.write(line(name).add("text", std::string(300, *name)));
    });
  }
  for (auto& thread : threads) thread.join();
  const auto lines = reader.lines();
  CHECK(lines.size() == 40);
  for (const auto& text : lines) {
    CHECK(text.starts_with("time="));
    CHECK(text.ends_with(std::string(300, text.back())));
  }
}

}  // namespace
}  // namespace triaged::telemetry

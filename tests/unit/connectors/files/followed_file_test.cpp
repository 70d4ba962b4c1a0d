#include "connectors/files/followed_file.hpp"

#include <filesystem>
#include <string>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/connectors/files/story.hpp"

namespace triaged::files {
namespace {

TEST_CASE("files: what is appended is read, line by line", "[files]") {
  Story story;
  story.append("1\n2\n");
  story.start();
  CHECK(story.read() == "opened a.ndjson@0 |[1\n2\n]");
  CHECK(story.read().empty());
  story.append("3\n4");
  CHECK(story.read() == "[3\n]");
  CHECK(story.read().empty());
  story.append("4");
  CHECK(story.read().empty());
  story.append("\n5\n6");
  CHECK(story.read() == "[44\n5\n]");
}

TEST_CASE("files: without following it ends at the end, an incomplete last line included", "[files]") {
  Story story;
  story.append("1\n2");
  story.start(false);
  CHECK(story.read() == "opened a.ndjson@0 |[1\n] [2] ended");
  CHECK(story.read() == "ended");
  story.append("\n3\n");
  story.restart(false);
  CHECK(story.read() == "opened a.ndjson@3 |[\n3\n] ended");
}

TEST_CASE("files: an empty file ends, or is waited for", "[files]") {
  Story story;
  story.append("");
  story.start(false);
  CHECK(story.read() == "opened a.ndjson@0 ended");
  story.restart();
  CHECK(story.read() == "opened a.ndjson@0");
  story.append("1\n");
  CHECK(story.read() == "|[1\n]");
}

TEST_CASE("files: it comes in pieces of whole lines, no larger than asked for", "[files]") {
  Story story;
  story.append("11\n22\n33\n");
  story.start();
  CHECK(story.read(7) == "opened a.ndjson@0 |[11\n22\n] [33\n]");
  story.append("a line that is too long\n4\n");
  CHECK(story.read(7) == "[a line ] [that is] [ too lo] [ng\n4\n]");
}

TEST_CASE("files: a file that is not there yet is waited for", "[files]") {
  Story story;
  story.start();
  CHECK(story.read() == "missing a.ndjson@0");
  CHECK(story.read().empty());
  story.append("1\n");
  CHECK(story.read() == "opened a.ndjson@0 |[1\n]");
}

TEST_CASE("files: what can't be read is told once", "[files]") {
  Story story;
  fs::create_directory(story.path());
  story.start();
  CHECK(story.read() == "unreadable a.ndjson@0");
  CHECK(story.read().empty());
  fs::remove(story.path());
  CHECK(story.read() == "missing a.ndjson@0");
  story.append("1\n");
  CHECK(story.read() == "opened a.ndjson@0 |[1\n]");
}

TEST_CASE("files: reading goes on where it stood", "[files]") {
  Story story;
  story.append("1\n2");
  story.start();
  CHECK(story.read() == "opened a.ndjson@0 |[1\n]");
  story.append("2\n3\n");
  story.restart();
  CHECK(story.read() == "opened a.ndjson@2 |[22\n3\n]");
  story.restart();
  CHECK(story.read() == "opened a.ndjson@7");
}

TEST_CASE("files: a position before what was not used", "[files]") {
  Story story;
  story.append("123\n456\n");
  story.start();
  const auto step = story.file().read(1000);
  REQUIRE(step.bytes == "123\n456\n");
  story.saved() = step.position.back(4);
  CHECK(story.saved()->head_bytes == 4);
  story.restart();
  CHECK(story.read() == "opened a.ndjson@4 |[456\n]");
  story.saved() = step.position.back(8);
  story.restart();
  CHECK(story.read() == "opened a.ndjson@0 |[123\n456\n]");
}

TEST_CASE("files: a file is known by its first KiB", "[files]") {
  Story story;
  const std::string line(99, 'x');
  for (int i = 0; i < 20; ++i) story.append(line + "\n");
  story.start();
  (void)story.read(300);
  CHECK(story.saved()->head_bytes == kHeadBytes);
  CHECK(story.saved()->offset == 2000);
  story.append("more\n");
  story.restart();
  CHECK(story.read() == "opened a.ndjson@2000 |[more\n]");
  // The same inode, as long, with another beginning.
  story.truncate();
  for (int i = 0; i < 30; ++i) story.append(std::string(99, 'y') + "\n");
  story.restart();
  CHECK(story.read(10'000).starts_with("truncated a.ndjson@2005 opened a.ndjson@0 |[yyy"));
}

TEST_CASE("files: a position is text, and back", "[files]") {
  Story story;
  CHECK(FilePosition{}.text() == "1 0 0 0 0 -");
  CHECK(FilePosition::parse("1 0 0 0 0 -"));
  for (const char* text : {"", "2 0 0 0 0 -", "1 0 0 0 0", "1 0 0 0 0 - ", "1 0 0 0 1 -", "1 0 0 5 0 abc",
                           "1 0 0 0 1 abc", "1 0 0 9999 1025 abc", "1 0 -1 0 0 -", "1 x 0 0 0 -"}) {
    CAPTURE(text);
    CHECK_FALSE(FilePosition::parse(text));
  }
  story.append("1\n");
  story.start();
  (void)story.read();
  const auto back = FilePosition::parse(story.saved()->text());
  REQUIRE(back);
  CHECK(back->inode == story.saved()->inode);
  CHECK(back->device == story.saved()->device);
  CHECK(back->offset == 2);
  CHECK(back->head_bytes == 2);
  CHECK(back->head_hash == hash_of("1\n"));
}

bool is_ready(int descriptor) {
  pollfd waited{descriptor, POLLIN, 0};
  return ::poll(&waited, 1, 0) == 1;
}

TEST_CASE("files: what happens to a file wakes who waits for it", "[files]") {
  Story story;
  story.start();
  (void)story.read();
  if (story.file().wait_descriptor() < 0) {
    WARN("skipped: inotify is not to be had here");
    return;
  }
  const auto wakes = [&](auto&& happen) {
    (void)story.read();
    (void)story.read();  // the end of an old watch may be told once
    const bool before = is_ready(story.file().wait_descriptor());
    happen();
    return !before && is_ready(story.file().wait_descriptor());
  };
  CHECK(wakes([&] { story.append("1\n"); }));
  CHECK(wakes([&] { story.append("2\n"); }));
  CHECK(wakes([&] { story.truncate(); }));
  CHECK(wakes([&] { story.append("3\n"); }));
  CHECK(wakes([&] { story.rename("a.ndjson.1"); }));
  CHECK(wakes([&] { story.append("4\n", "a.ndjson.1"); }));
  CHECK(wakes([&] { story.append("5\n"); }));
  CHECK(wakes([&] { story.append("6\n"); }));
  CHECK(story.read() == "[6\n]");
  CHECK(story.file().look_again() > std::chrono::seconds(1));
}

TEST_CASE("files: without a folder to watch one looks again soon", "[files]") {
  const test::TemporaryFolder folder;
  FollowedFile file(folder.file("nowhere/a.ndjson"), true);
  CHECK(file.read(100).kind == Kind::nothing_yet);
  CHECK(file.look_again() <= std::chrono::seconds(1));
  test::write_file(folder.file("nowhere/a.ndjson"), "1\n");
  CHECK(file.read(100).bytes == "1\n");
  CHECK(file.look_again() >= std::chrono::milliseconds(500));
}

TEST_CASE("files: a pipe is a stream", "[files]") {
  Story story;
  REQUIRE(::mkfifo(story.path().c_str(), 0600) == 0);
  const bool follow = GENERATE(true, false);
  story.start(follow);
  CHECK(story.read() == "opened a.ndjson@0");
  {
    const FileDescriptor writer(::open(story.path().c_str(), O_WRONLY | O_NONBLOCK));
    REQUIRE(writer.valid());
    CHECK(story.read().empty());
    REQUIRE(::write(writer.get(), "1\n2", 3) == 3);
    CHECK(is_ready(story.file().wait_descriptor()));
    CHECK(story.read() == "|[1\n]");
    CHECK(story.read().empty());
    CHECK(story.saved()->inode == 0);
  }
  if (!follow) {
    CHECK(story.read() == "[2] ended");
    return;
  }
  CHECK(story.read().empty());
  const FileDescriptor another(::open(story.path().c_str(), O_WRONLY | O_NONBLOCK));
  REQUIRE(::write(another.get(), "3\n", 2) == 2);
  CHECK(story.read() == "[23\n]");
}

TEST_CASE("files: a device that has nothing ends", "[files]") {
  FollowedFile file("/dev/null", true);
  CHECK(file.read(100).kind == Kind::ended);
}

}  // namespace
}  // namespace triaged::files

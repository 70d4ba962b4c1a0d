#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "tests/unit/connectors/files/story.hpp"

namespace triaged::files {
namespace {

TEST_CASE("files: a renamed file is read to its end, then the new one", "[files]") {
  Story story;
  story.append("1\n");
  story.start();
  CHECK(story.read() == "opened a.ndjson@0 |[1\n]");
  story.rename("a.ndjson.1");
  CHECK(story.read().empty());
  story.append("2\n", "a.ndjson.1");
  CHECK(story.read() == "[2\n]");
  story.append("");  // made by who rotates; the writer still has the old one
  story.append("3\n4", "a.ndjson.1");
  CHECK(story.read() == "[3\n]");
  story.append("5\n");
  CHECK(story.read() == "[4] rotated a.ndjson@7 opened a.ndjson@0 |[5\n]");
}

TEST_CASE("files: a file that was renamed while nobody read is finished first", "[files]") {
  Story story;
  story.append("1\n");
  story.start();
  (void)story.read();
  story.append("2\n");
  story.rename("whatever");
  SECTION("with a new one") {
    story.append("3\n");
    story.restart();
    CHECK(story.read() == "opened whatever@2 |[2\n] rotated whatever@4 opened a.ndjson@0 |[3\n]");
  }
  SECTION("with a new one that is read once") {
    story.append("3\n");
    story.restart(false);
    CHECK(story.read() == "opened whatever@2 |[2\n] rotated whatever@4 opened a.ndjson@0 |[3\n] ended");
  }
  SECTION("with none yet") {
    story.restart();
    CHECK(story.read() == "opened whatever@2 |[2\n]");
    story.restart();
    CHECK(story.read() == "opened whatever@4");
    story.append("3\n");
    CHECK(story.read() == "rotated whatever@4 opened a.ndjson@0 |[3\n]");
  }
  SECTION("twice, with one in between") {
    story.rename("a.ndjson.2", "whatever");
    story.append("3\n", "a.ndjson.1");
    story.append("4\n");
    story.written_at("a.ndjson.2", 1000);
    story.written_at("a.ndjson.1", 2000);
    story.append("other\n", "a.ndjson.bak");
    story.append("older\n", "a.ndjson.3");
    story.written_at("a.ndjson.3", 900);
    story.restart();
    CHECK(story.read() ==
          "opened a.ndjson.2@2 |[2\n] rotated a.ndjson.2@4 opened a.ndjson.1@0 |[3\n] rotated a.ndjson.1@2 "
          "opened a.ndjson@0 |[4\n]");
  }
}

TEST_CASE("files: two rotations between two looks lose nothing", "[files]") {
  Story story;
  story.append("1\n");
  story.start();
  (void)story.read();
  story.append("2\n");
  story.rename("a-20261122.ndjson");
  story.written_at("a-20261122.ndjson", 1000);
  story.append("3\n");
  story.rename("a-20261123.ndjson");
  story.written_at("a-20261123.ndjson", 2000);
  story.append("4\n");
  CHECK(story.read() ==
        "[2\n] rotated a.ndjson@4 opened a-20261123.ndjson@0 |[3\n] rotated a-20261123.ndjson@2 opened a.ndjson@0 "
        "|[4\n]");
}

TEST_CASE("files: what is gone for good is told", "[files]") {
  Story story;
  story.append("1\n");
  story.start();
  (void)story.read();
  SECTION("replaced") {
    story.append("another\n", "new");
    story.rename("a.ndjson", "new");
    story.restart();
    CHECK(story.read() == "lost a.ndjson@2 opened a.ndjson@0 |[another\n]");
  }
  SECTION("deleted, and a new one later") {
    story.append("keeps the inode's number taken\n", "b");
    story.rename("elsewhere");
    fs::create_directory(story.path("sub"));
    story.rename("sub/elsewhere", "elsewhere");
    story.restart();
    CHECK(story.read() == "missing a.ndjson@0");
    story.restart();
    CHECK(story.read() == "missing a.ndjson@0");
    story.append("2\n");
    CHECK(story.read() == "lost a.ndjson@2 opened a.ndjson@0 |[2\n]");
  }
}

TEST_CASE("files: a deleted file is read to its end", "[files]") {
  Story story;
  story.append("1\n");
  story.start();
  (void)story.read();
  story.append("2\n");
  story.remove();
  CHECK(story.read() == "[2\n]");
  CHECK(story.read().empty());
  story.append("3\n");
  CHECK(story.read() == "rotated a.ndjson@4 opened a.ndjson@0 |[3\n]");
}

TEST_CASE("files: a file that was emptied is read from its beginning", "[files]") {
  Story story;
  story.append("1\n2\n3");
  story.start();
  CHECK(story.read() == "opened a.ndjson@0 |[1\n2\n]");
  story.truncate();
  SECTION("at once") {
    CHECK(story.read() == "truncated a.ndjson@4 lost a.ndjson@4+1 opened a.ndjson@0");
    story.append("4\n");
    CHECK(story.read() == "|[4\n]");
  }
  SECTION("with fewer bytes than before") {
    story.append("4\n");
    CHECK(story.read() == "truncated a.ndjson@4 lost a.ndjson@4+1 opened a.ndjson@0 |[4\n]");
  }
  SECTION("with more bytes than before") {
    story.append("4\n5\n6\n7\n");
    CHECK(story.read() == "truncated a.ndjson@4 lost a.ndjson@4+1 opened a.ndjson@0 |[4\n5\n6\n7\n]");
  }
  SECTION("while nobody read, with fewer bytes") {
    story.append("4\n");
    story.restart();
    CHECK(story.read() == "truncated a.ndjson@4 opened a.ndjson@0 |[4\n]");
  }
  SECTION("while nobody read, with more bytes") {
    story.append("4\n5\n6\n7\n");
    story.restart();
    CHECK(story.read() == "truncated a.ndjson@4 opened a.ndjson@0 |[4\n5\n6\n7\n]");
  }
}

TEST_CASE("files: an incomplete line that was replaced in place is not kept", "[files]") {
  Story story;
  story.append("12");
  story.start();
  CHECK(story.read() == "opened a.ndjson@0");
  story.truncate();
  story.append("345\n");
  CHECK(story.read() == "truncated a.ndjson@0 lost a.ndjson@0+2 opened a.ndjson@0 |[345\n]");
}

TEST_CASE("files: what was not read before a file was copied and emptied is read from the copy", "[files]") {
  Story story;
  story.append("1\n");
  story.start();
  (void)story.read();
  story.append("2\n");
  fs::copy_file(story.path(), story.path("a.ndjson.1"));
  story.truncate();
  SECTION("while it is followed") {
    CHECK(story.read() == "truncated a.ndjson@2 opened a.ndjson.1@2 |[2\n]");
    story.append("3\n");
    CHECK(story.read() == "rotated a.ndjson.1@4 opened a.ndjson@0 |[3\n]");
  }
  SECTION("while nobody read") {
    story.append("3\n");
    story.restart();
    CHECK(story.read() ==
          "truncated a.ndjson@2 opened a.ndjson.1@2 |[2\n] rotated a.ndjson.1@4 opened a.ndjson@0 |[3\n]");
  }
  SECTION("a copy of something else is left alone") {
    story.remove("a.ndjson.1");
    story.append("9\n2\n", "a.ndjson.1");
    CHECK(story.read() == "truncated a.ndjson@2 opened a.ndjson@0");
  }
}

// Numbers that are as good as drawn.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed * 2 + 1) {}
  std::uint64_t below(std::uint64_t limit) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state_ >> 33U) % limit;
  }

 private:
  std::uint64_t state_;
};

TEST_CASE("files: through appends, rotations and restarts every byte comes once and in order", "[files]") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    Draw draw(seed);
    Story story;
    std::string written;  // by who writes
    std::string read;     // by us, and what of it is behind the saved position
    std::size_t saved = 0;
    std::int64_t rotations = 0;
    // Without a position reading begins at the file that has the name, whatever was rotated before.
    story.append("");
    story.start();
    (void)story.read();
    const auto take = [&](std::size_t max_bytes) {
      const auto step = story.file().read(max_bytes);
      read += step.bytes;
      for (const auto& report : step.reports) {
        CHECK((report.kind == FileReport::Kind::opened || report.kind == FileReport::Kind::rotated ||
               report.kind == FileReport::Kind::missing));
      }
      if (draw.below(2) == 0) {
        story.saved() = step.position;
        saved = read.size();
      }
      return step.kind == Kind::bytes;
    };
    for (int i = 0; i < 60; ++i) {
      switch (draw.below(6)) {
        case 0:
        case 1: {
          const auto text =
              std::to_string(written.size()) + std::string(draw.below(40), 'x') + (draw.below(4) == 0 ? "" : "\n");
          story.append(text);
          written += text;
          break;
        }
        case 2:
          if (!fs::exists(story.path())) break;
          story.rename("a.ndjson." + std::to_string(++rotations));
          story.written_at("a.ndjson." + std::to_string(rotations), 1000 + rotations);
          if (draw.below(2) == 0) story.append("");
          break;
        case 3:
          story.restart();
          read.resize(saved);
          break;
        default: (void)take(1 + draw.below(100)); break;
      }
    }
    story.append("\n");
    written += "\n";
    for (int idle = 0; idle < 3;) idle = take(1000) ? 0 : idle + 1;
    CHECK(read == written);
  }
}

TEST_CASE("files: names that rotation makes", "[files]") {
  for (const char* name : {"a.ndjson.1", "a.ndjson.10", "a.ndjson-20261123", "a.ndjson.2026-11-23T10",
                           "a-20261123.ndjson", "a.1.ndjson"}) {
    CAPTURE(name);
    CHECK(is_rotated_name(name, "a.ndjson"));
  }
  for (const char* name : {"a.ndjson", "a.ndjson.", "a.ndjson.gz", "a.ndjson.1.gz", "a.ndjson.bak", "a.ndjson1",
                           "b.ndjson.1", "a-b.ndjson", "a-.ndjson", "ab1.ndjson", "a1.ndjson"}) {
    CAPTURE(name);
    CHECK_FALSE(is_rotated_name(name, "a.ndjson"));
  }
  CHECK(is_rotated_name("alerts.1", "alerts"));
  CHECK_FALSE(is_rotated_name(".1.alerts", ".alerts"));
}

}  // namespace
}  // namespace triaged::files

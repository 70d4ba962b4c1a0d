#include "connectors/files/appended_file.hpp"

#include <csignal>
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace triaged::files {
namespace {

namespace fs = std::filesystem;
using Outcome = AppendedFile::Outcome;

// Lines by number, and a mark behind the last that was saved.
class Publisher {
 public:
  [[nodiscard]] std::string path(const std::string& name = "out.ndjson") const { return folder_.file(name); }
  [[nodiscard]] std::string content(const std::string& name = "out.ndjson") const {
    return test::read_file(path(name));
  }

  static std::string line(int number) { return "{\"line\":" + std::to_string(number) + "}\n"; }
  static std::string lines(int from, int through) {
    std::string all;
    for (int i = from; i <= through; ++i) all += line(i);
    return all;
  }

  // The process dies; what it appended after the mark is appended again.
  void start() {
    auto opened = AppendedFile::open(path(), mark_);
    REQUIRE(opened);
    file_.emplace(std::move(*opened));
    next_ = marked_ + 1;
    if (file_->changed()) save();
  }
  void save() {
    REQUIRE(file_->sync());
    mark_ = AppendPosition::parse(file_->position().text());
    marked_ = next_ - 1;
  }
  void append_through(int number) {
    for (; next_ <= number; ++next_) {
      auto outcome = file_->append(line(next_));
      if (outcome && *outcome == Outcome::changed) {
        save();
        outcome = file_->append(line(next_));
      }
      REQUIRE(outcome);
      REQUIRE(*outcome == Outcome::done);
    }
  }
  AppendedFile& file() { return *file_; }
  std::optional<AppendPosition>& mark() { return mark_; }

 private:
  test::TemporaryFolder folder_;
  std::optional<AppendPosition> mark_;
  int marked_ = 0;
  int next_ = 1;
  std::optional<AppendedFile> file_;
};

TEST_CASE("files: lines are appended", "[files]") {
  Publisher publisher;
  publisher.start();
  CHECK(publisher.content().empty());
  publisher.append_through(3);
  CHECK(publisher.content() == Publisher::lines(1, 3));
  CHECK(publisher.file().position().offset == Publisher::lines(1, 3).size());
}

TEST_CASE("files: what another life wrote after its mark is not written twice", "[files]") {
  Publisher publisher;
  publisher.start();
  publisher.append_through(2);
  publisher.save();
  publisher.append_through(4);
  SECTION("nothing of it is missing") {}
  SECTION("a line is torn") { fs::resize_file(publisher.path(), Publisher::lines(1, 3).size() + 5); }
  SECTION("a line is missing") { fs::resize_file(publisher.path(), Publisher::lines(1, 3).size()); }
  SECTION("all of it is missing") { fs::resize_file(publisher.path(), Publisher::lines(1, 2).size()); }
  publisher.start();
  CHECK_FALSE(publisher.file().changed());
  publisher.append_through(5);
  CHECK(publisher.content() == Publisher::lines(1, 5));
  publisher.start();
  publisher.append_through(6);
  CHECK(publisher.content() == Publisher::lines(1, 6));
}

TEST_CASE("files: many lines at once are completed where they were torn", "[files]") {
  Publisher publisher;
  publisher.start();
  REQUIRE(publisher.file().append(Publisher::lines(1, 3)));
  for (std::size_t size = 0; size <= Publisher::lines(1, 5).size(); ++size) {
    test::write_file(publisher.path(), Publisher::lines(1, 5).substr(0, size));
    auto file =
        AppendedFile::open(publisher.path(), AppendPosition{publisher.mark()->device, publisher.mark()->inode, 0});
    REQUIRE(file);
    CHECK(file->append(Publisher::lines(1, 5)) == Outcome::done);
    CHECK(publisher.content() == Publisher::lines(1, 5));
  }
}

TEST_CASE("files: a file that was altered is refused and left alone", "[files]") {
  Publisher publisher;
  publisher.start();
  publisher.append_through(2);
  publisher.save();
  publisher.append_through(3);
  std::string content = Publisher::lines(1, 2);
  SECTION("behind the mark") { content += "{\"line\":17}\n"; }
  SECTION("behind what was written") { content = Publisher::lines(1, 3) + "something else\n"; }
  SECTION("cut before the mark") { content.resize(5); }
  test::write_file(publisher.path(), content);
  auto file = AppendedFile::open(publisher.path(), publisher.mark());
  AppendError error;
  if (file) {
    const auto outcome = file->append(Publisher::lines(3, 4));
    REQUIRE_FALSE(outcome);
    error = outcome.error();
  } else {
    error = file.error();
  }
  CHECK(error.kind == AppendError::Kind::altered);
  CHECK(error.message.find(publisher.path()) != std::string::npos);
  CHECK(error.message.find("move it to another folder") != std::string::npos);
  CHECK(publisher.content() == content);
}

TEST_CASE("files: somebody else who writes while we do is noticed", "[files]") {
  Publisher publisher;
  publisher.start();
  publisher.append_through(2);
  test::append_to_file(publisher.path(), "x\n");
  const auto outcome = publisher.file().append(Publisher::line(3));
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().kind == AppendError::Kind::altered);
  CHECK(publisher.content() == Publisher::lines(1, 2) + "x\n");
}

TEST_CASE("files: after a rotation a new file is made, once the mark is saved", "[files]") {
  Publisher publisher;
  publisher.start();
  publisher.append_through(2);
  fs::rename(publisher.path(), publisher.path("out.ndjson.1"));
  CHECK(publisher.file().append(Publisher::line(3)) == Outcome::changed);
  CHECK(publisher.content().empty());
  publisher.append_through(3);
  CHECK(publisher.content("out.ndjson.1") == Publisher::lines(1, 2));
  CHECK(publisher.content() == Publisher::line(3));
  fs::remove(publisher.path());
  publisher.append_through(4);
  CHECK(publisher.content() == Publisher::line(4));
  fs::resize_file(publisher.path(), 0);
  publisher.append_through(5);
  CHECK(publisher.content() == Publisher::line(5));
}

TEST_CASE("files: lines after the mark are known in a file that was renamed since", "[files]") {
  Publisher publisher;
  publisher.start();
  publisher.append_through(2);
  publisher.save();
  publisher.append_through(4);
  fs::resize_file(publisher.path(), Publisher::lines(1, 4).size() - 3);
  fs::rename(publisher.path(), publisher.path("elsewhere"));
  if (GENERATE(true, false)) test::write_file(publisher.path(), "");
  publisher.start();
  publisher.append_through(6);
  CHECK(publisher.content("elsewhere") == Publisher::lines(1, 4));
  CHECK(publisher.content() == Publisher::lines(5, 6));
  publisher.start();
  publisher.append_through(7);
  CHECK(publisher.content() == Publisher::lines(5, 7));
}

TEST_CASE("files: where the marked file is gone a new one is made", "[files]") {
  Publisher publisher;
  publisher.start();
  publisher.append_through(2);
  publisher.save();
  test::write_file(publisher.path("keeps the inode's number taken"), "");
  fs::create_directory(publisher.path("sub"));
  fs::rename(publisher.path(), publisher.path("sub/out.ndjson"));
  publisher.start();
  CHECK(publisher.mark()->offset == 0);
  publisher.append_through(3);
  CHECK(publisher.content() == Publisher::line(3));
}

TEST_CASE("files: what stands in a file before the first line stays", "[files]") {
  Publisher publisher;
  test::write_file(publisher.path(), "old\n");
  publisher.start();
  publisher.append_through(1);
  publisher.start();
  publisher.append_through(2);
  CHECK(publisher.content() == "old\n" + Publisher::lines(1, 2));
  test::write_file(publisher.path("torn"), "old");
  const auto torn = AppendedFile::open(publisher.path("torn"), std::nullopt);
  REQUIRE_FALSE(torn);
  CHECK(torn.error().kind == AppendError::Kind::altered);
}

TEST_CASE("files: a symbolic link leads to the file", "[files]") {
  Publisher publisher;
  fs::create_directory(publisher.path("sub"));
  test::write_file(publisher.path("sub/real"), "");
  fs::create_symlink(publisher.path("sub/real"), publisher.path());
  publisher.start();
  publisher.append_through(1);
  publisher.start();
  publisher.append_through(2);
  CHECK(publisher.content("sub/real") == Publisher::lines(1, 2));
}

TEST_CASE("files: what can't be opened is told", "[files]") {
  const test::TemporaryFolder folder;
  const auto missing = AppendedFile::open(folder.file("nowhere/out"), std::nullopt);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == AppendError::Kind::failed);
  CHECK(missing.error().message == "can't write " + folder.file("nowhere/out") + ": No such file or directory");
  CHECK_FALSE(AppendedFile::open(folder.path(), std::nullopt));
}

// Files may be so large and no larger: the next best thing to a full disk.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) {
    (void)std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit limit{bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~SizeLimit() { (void)::setrlimit(RLIMIT_FSIZE, &before_); }
  SizeLimit(const SizeLimit&) = delete;
  SizeLimit& operator=(const SizeLimit&) = delete;

 private:
  rlimit before_{};
};

TEST_CASE("files: after a full disk the same lines are completed", "[files]") {
  Publisher publisher;
  publisher.start();
  publisher.append_through(1);
  const auto expect_failure = [&] {
    const SizeLimit limit(Publisher::lines(1, 2).size() + 4);
    const auto outcome = publisher.file().append(Publisher::lines(2, 4));
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().kind == AppendError::Kind::failed);
  };
  expect_failure();
  expect_failure();
  CHECK(publisher.content() == Publisher::lines(1, 3).substr(0, Publisher::lines(1, 2).size() + 4));
  CHECK(publisher.file().append(Publisher::lines(2, 4)) == Outcome::done);
  CHECK(publisher.content() == Publisher::lines(1, 4));
}

TEST_CASE("files: a device that takes nothing is told", "[files]") {
  auto file = AppendedFile::open("/dev/full", std::nullopt);
  REQUIRE(file);
  const auto outcome = file->append("x\n");
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().kind == AppendError::Kind::failed);
}

TEST_CASE("files: a pipe gets a stream", "[files]") {
  const test::TemporaryFolder folder;
  const auto path = folder.file("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK_FALSE(AppendedFile::open(path, std::nullopt));
  FileDescriptor reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK));
  auto file = AppendedFile::open(path, AppendPosition{});
  REQUIRE(file);
  CHECK_FALSE(file->changed());
  std::string large(100'000, 'x');  // a pipe holds 64 KiB
  large += "\n";
  std::string got;
  const auto read_all = [&] {
    std::string piece(65536, ' ');
    for (ssize_t bytes = 0; (bytes = ::read(reader.get(), piece.data(), piece.size())) > 0;) {
      got.append(piece, 0, static_cast<std::size_t>(bytes));
    }
  };
  CHECK(file->append(large) == Outcome::busy);
  read_all();
  CHECK(file->append(large) == Outcome::done);
  read_all();
  CHECK(got == large);
  CHECK(file->position().inode == 0);
  reader = FileDescriptor();
  (void)std::signal(SIGPIPE, SIG_IGN);
  const auto gone = file->append("x\n");
  REQUIRE_FALSE(gone);
  CHECK(gone.error().kind == AppendError::Kind::reader_gone);
}

TEST_CASE("files: a mark is text, and back", "[files]") {
  const AppendPosition position{1, 22, 333};
  CHECK(position.text() == "1 1 22 333");
  const auto back = AppendPosition::parse(position.text());
  REQUIRE(back);
  CHECK(back->device == 1);
  CHECK(back->inode == 22);
  CHECK(back->offset == 333);
  for (const char* text : {"", "1", "2 1 22 333", "1 1 22", "1 1 22 333 ", "1 1 22 x", "1  1 22 333", "1 1 -22 333"}) {
    CAPTURE(text);
    CHECK_FALSE(AppendPosition::parse(text));
  }
}

}  // namespace
}  // namespace triaged::files

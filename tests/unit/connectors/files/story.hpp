// A file that is written, rotated and followed, as tests tell it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/stat.h>

#include "connectors/files/followed_file.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace triaged::files {

namespace fs = std::filesystem;
using Kind = FollowedFile::Step::Kind;

inline std::string_view name_of(FileReport::Kind kind) {
  switch (kind) {
    case FileReport::Kind::opened: return "opened";
    case FileReport::Kind::rotated: return "rotated";
    case FileReport::Kind::truncated: return "truncated";
    case FileReport::Kind::lost: return "lost";
    case FileReport::Kind::missing: return "missing";
    case FileReport::Kind::unreadable: return "unreadable";
  }
  return "";
}

class Story {
 public:
  [[nodiscard]] std::string path(const std::string& name = "a.ndjson") const { return folder_.file(name); }
  void append(const std::string& text, const std::string& name = "a.ndjson") const {
    test::append_to_file(path(name), text);
  }
  void rename(const std::string& to, const std::string& from = "a.ndjson") const { fs::rename(path(from), path(to)); }
  void truncate() const { fs::resize_file(path(), 0); }
  void remove(const std::string& name = "a.ndjson") const { fs::remove(path(name)); }
  // So that the order in which files were written does not hang on the clock.
  void written_at(const std::string& name, std::int64_t second) const {
    const timespec times[] = {{second, 0}, {second, 0}};
    REQUIRE(::utimensat(AT_FDCWD, path(name).c_str(), times, 0) == 0);
  }

  void start(bool follow = true) { file_.emplace(path(), follow, saved_); }
  // The daemon dies and comes back with the last position that was saved; told as text, as the log keeps it.
  void restart(bool follow = true) {
    if (saved_) saved_ = FilePosition::parse(saved_->text());
    start(follow);
  }
  // All there is, as "report name@offset" and [bytes], with | before bytes that begin a file.
  std::string read(std::size_t max_bytes = 1000, bool save = true) {
    std::string told;
    for (;;) {
      const auto step = file_->read(max_bytes);
      for (const auto& report : step.reports) {
        told += std::string(name_of(report.kind)) + " " + fs::path(report.file).filename().string() + "@" +
                std::to_string(report.offset) + (report.bytes > 0 ? "+" + std::to_string(report.bytes) : "") + " ";
      }
      if (step.kind == Kind::bytes) told += (step.starts_file ? "|[" : "[") + step.bytes + "] ";
      if (save) saved_ = step.position;
      if (step.kind == Kind::ended) told += "ended ";
      if (step.kind != Kind::bytes) break;
    }
    if (!told.empty()) told.pop_back();
    return told;
  }
  FollowedFile& file() { return *file_; }
  std::optional<FilePosition>& saved() { return saved_; }

 private:
  test::TemporaryFolder folder_;
  std::optional<FilePosition> saved_;
  std::optional<FollowedFile> file_;
};

}  // namespace triaged::files

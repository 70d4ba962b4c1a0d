// Reads a file as it grows, through rotation, and knows where it was after a restart.
//
//   renamed       the old file is read to its end once the new one has something in it, then the new one
//   copied and    reported; a copy beside it is read from where reading stood, then the file from its beginning
//   truncated
//   replaced      while nobody was reading: the old file is looked for in the same folder, then files that came and
//   went in
//                 between, then the new one; what is not found is reported as lost
//   deleted       read to its end, then the name is waited for
//
// Files that came and went are known by names such as alerts.ndjson.1 or alerts-20261123.ndjson; a compressed one is
// lost. A pipe or a device is a stream: it has no position.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/files/open_file.hpp"
#include "connectors/files/watch.hpp"
#include "rules/model/time.hpp"

namespace triaged::files {

/// Where reading goes on. Its inode is 0 where there is no file to go on with.
struct FilePosition : Known {
  std::string head;  // the bytes that are hashed; not in a position that was parsed

  /// The position `bytes` before this one, in the same file: of what was read but not used. At most what the last
  /// read() gave.
  [[nodiscard]] FilePosition back(std::size_t bytes) const;
  /// One line without white space at its ends; parse() gives it back.
  [[nodiscard]] std::string text() const;
  static std::optional<FilePosition> parse(std::string_view text);
};

/// Something that whoever runs this should know.
struct FileReport {
  enum class Kind : std::uint8_t {
    opened,      // reading begins at `offset`
    rotated,     // `file` was read to its end, another one follows
    truncated,   // it had been read up to `offset` and begins again
    lost,        // what stood behind `offset` was not found; `bytes` where it is known how much
    missing,     // there is no such file, yet
    unreadable,  // `why`
  };
  Kind kind{};
  std::string file;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::string why{};
};

/// Not thread-safe; poll() on wait_descriptor() may be called by the thread that reads, together with others.
class FollowedFile {
 public:
  struct Step {
    enum class Kind : std::uint8_t { bytes, nothing_yet, ended } kind = Kind::nothing_yet;
    /// Whole lines, but for a line that is longer than was asked for, which comes in pieces, and the last of a file,
    /// which may lack its end.
    std::string bytes;
    FilePosition position;            // behind the bytes
    bool starts_file = false;         // the bytes are a file's first: what was incomplete before them stays so
    std::vector<FileReport> reports;  // of what happened before the bytes
  };

  /// `follow`: goes on with what is appended; else ends at the end. `resume`: where an earlier life stood.
  FollowedFile(std::string path, bool follow, std::optional<FilePosition> resume = std::nullopt);

  /// Never waits. After `ended` nothing comes.
  Step read(std::size_t max_bytes);

  /// Readable when read() may have something; -1: there is none, look again after look_again().
  [[nodiscard]] int wait_descriptor() const;
  /// Look again after so long even if nothing told to: a network's file system tells nothing.
  [[nodiscard]] Duration look_again() const;

 private:
  bool open(Step& step);
  bool open_resumed(Step& step);
  bool open_path(Step& step);
  void begin(OpenFile file, std::uint64_t offset, Step& step);
  void go_on(OpenFile file, const Known& known, Step& step);
  void fail(FileReport::Kind kind, int error, Step& step);

  [[nodiscard]] bool has_successor() const;
  bool was_truncated();
  void restart_truncated(Step& step);
  void switch_file(Step& step);
  bool take_lines(std::size_t max_bytes, bool last, Step& step);
  void deliver(std::size_t bytes, Step& step);
  void read_file(std::size_t max_bytes, Step& step);
  bool read_more(std::size_t max_bytes, bool successor, Step& step);
  void read_stream(std::size_t max_bytes, Step& step);
  [[nodiscard]] FilePosition position() const;

  std::string path_;
  bool follow_;
  std::optional<FilePosition> resume_;  // not found yet
  std::optional<OpenFile> file_;
  std::uint64_t offset_ = 0;  // of what was delivered
  std::string head_;          // the first bytes of what was delivered
  std::string pending_;       // read but not delivered: a line without its end
  bool fresh_ = false;        // nothing of this file was delivered by us
  bool ended_ = false;
  FilePosition left_;    // where the last file was left, while there is none
  std::string trouble_;  // told already
  Watch watch_;
};

}  // namespace triaged::files

// Appends lines to a file, each exactly once over any number of restarts, as long as nobody else writes to it.
//
// Whoever publishes keeps a mark: how far its lines went, and position() then. After a crash it opens the file with
// that and appends every line after the mark again: what the file has already is compared and not written twice, and a
// line that was torn is completed. A file that has something else there was altered, and is refused.
//
//   open(…, mark) → if changed(): save a mark → append … → sync → save a mark → append …
//
// A file that was renamed (rotated) is known by its inode and gets the lines that are its own; then a new one is made.
// One that was emptied (copytruncate) begins again. A pipe, a device and "-" (standard output) are streams: nothing is
// known of what they got, so after a crash they get what follows the mark, perhaps twice.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/files/file_descriptor.hpp"

namespace triaged::files {

struct AppendPosition {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;  // 0: a stream
  std::uint64_t offset = 0;

  /// One line without white space at its ends; parse() gives it back.
  [[nodiscard]] std::string text() const;
  static std::optional<AppendPosition> parse(std::string_view text);
};

struct AppendError {
  enum class Kind : std::uint8_t {
    failed,       // try again: no room, no such folder
    altered,      // the file is not what it was left as; someone has to look
    reader_gone,  // of a pipe
  };
  Kind kind = Kind::failed;
  std::string message;  // a sentence that names the file
};

/// Not thread-safe.
class AppendedFile {
 public:
  enum class Outcome : std::uint8_t {
    done,
    /// Nothing was written: the file is another one now, or begins again. Save a mark with position() and call again
    /// with the same lines.
    changed,
    /// A stream's reader is slow: call again with the same lines. What it took of them is remembered.
    busy,
  };

  /// `mark`: where an earlier life stood; nothing: this is the first. Makes the file where there is none.
  static std::expected<AppendedFile, AppendError> open(const std::string& path,
                                                       const std::optional<AppendPosition>& mark);

  /// position() is another file's than the mark's: save it before the first line.
  [[nodiscard]] bool changed() const { return changed_; }

  /// Whole lines. After an error, or any outcome but done, call it with the same bytes again (more may follow them).
  std::expected<Outcome, AppendError> append(std::string_view lines);
  /// What was appended survives a power failure.
  std::expected<void, AppendError> sync();
  /// Behind the last line that append() said was done.
  [[nodiscard]] AppendPosition position() const { return position_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit AppendedFile(std::string path) : path_(std::move(path)) {}
  std::expected<void, AppendError> open_path();
  std::expected<void, AppendError> open_marked(const AppendPosition& mark);
  std::expected<void, AppendError> begin_at_end();
  std::expected<bool, AppendError> settle();
  std::expected<Outcome, AppendError> append_to_stream(std::string_view lines);
  std::expected<std::uint64_t, AppendError> size() const;
  std::expected<std::size_t, AppendError> compare(std::string_view lines) const;
  [[nodiscard]] bool is_at_path() const;
  [[nodiscard]] AppendError failure(std::string_view what) const;
  [[nodiscard]] AppendError altered(std::string_view how) const;

  std::string path_;
  FileDescriptor descriptor_;
  AppendPosition position_;
  bool changed_ = false;
  std::size_t taken_ = 0;  // by a stream, of lines that are not done
};

}  // namespace triaged::files

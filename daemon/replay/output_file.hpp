// Writes lines to a file or to standard output, in large pieces, and remembers what went wrong.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "connectors/files/file_descriptor.hpp"

namespace triaged::replay {

/// Not thread-safe. What is in the buffer when the object dies without finish() is lost.
class OutputFile {
 public:
  /// "-": standard output. Anything else is created or emptied. The error is a sentence that names the file.
  static std::expected<OutputFile, std::string> open(const std::string& name);

  /// Append to this, a whole number of lines; then call lines_added().
  [[nodiscard]] std::string& buffer() { return buffer_; }
  /// Writes the buffer once it is large.
  void lines_added() {
    if (buffer_.size() >= kWriteBytes) flush();
  }
  void flush();
  /// Writes the rest and closes. Call once, at the end.
  void finish();

  /// The first thing that went wrong, as a sentence that names the file.
  [[nodiscard]] const std::optional<std::string>& error() const { return error_; }
  /// Standard output's reader has gone: nobody wants more, and that is no fault.
  [[nodiscard]] bool reader_gone() const { return reader_gone_; }

 private:
  static constexpr std::size_t kWriteBytes = 512 * 1024;

  OutputFile(std::string name, files::FileDescriptor descriptor)
      : name_(std::move(name)), descriptor_(std::move(descriptor)) {}
  void fail(int error_number);

  std::string name_;
  files::FileDescriptor descriptor_;
  std::string buffer_;
  std::optional<std::string> error_;
  bool reader_gone_ = false;
};

}  // namespace triaged::replay

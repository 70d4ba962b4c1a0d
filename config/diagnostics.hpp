// Faults in files that people wrote: located, all of them at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace triaged::config {

struct Diagnostic {
  enum class Level : std::uint8_t { error, warning };
  Level level = Level::error;
  std::string file;
  std::uint32_t line = 0;    // 1-based; 0: the file as a whole
  std::uint32_t column = 0;  // 1-based, in characters
  std::string message;       // one line, with what to do ("… did you mean \"timespan\"?")
  std::string source_line;   // the line as it stands in the file, a window of a very long one; empty: none
  std::uint32_t caret = 0;   // 1-based, in characters of `source_line`: what `column` points at
  bool unreadable = false;   // the file could not be opened or read, so nothing is known about its content
};

using Diagnostics = std::vector<Diagnostic>;

[[nodiscard]] bool has_errors(const Diagnostics& diagnostics);

/// `file:line:column: error: message`, then the line and a caret under the column. Ends without a newline.
[[nodiscard]] std::string render(const Diagnostic& diagnostic);

/// The known word nearest to `word` by edit distance, or empty where none is near enough to suggest. Of several that
/// are as near, the first.
[[nodiscard]] std::string nearest(const std::string& word, const std::vector<std::string>& known);

}  // namespace triaged::config

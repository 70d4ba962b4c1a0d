// The only place in config/ that touches the file system.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <vector>

namespace triaged::config {

/// The whole of a file, but at most `most_bytes` + 1 bytes: more than that is for the caller to refuse. The error says
/// why it can't be read, without the name.
[[nodiscard]] std::expected<std::string, std::string> read_file(const std::string& path, std::size_t most_bytes);

/// A secret in a file, without the line end at its end; one that everybody may read or write is refused. The error has
/// the name, and nothing of what the file holds.
[[nodiscard]] std::expected<std::string, std::string> read_secret(const std::string& path);

/// The paths that a shell would give for `pattern` (*, ?, [..] within one name), in byte order, in the form in which
/// the pattern is written. A name without these characters stands for itself. Empty: nothing is there.
[[nodiscard]] std::vector<std::string> expand_glob(const std::string& pattern);

/// `path` as seen from the folder that `file` is in.
[[nodiscard]] std::string beside(const std::string& file, const std::string& path);

}  // namespace triaged::config

// An open file, and finding one again that was renamed or copied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/files/file_descriptor.hpp"

namespace triaged::files {

/// So many of a file's first bytes tell it from another.
inline constexpr std::size_t kHeadBytes = 1024;

struct OpenFile {
  FileDescriptor descriptor;
  std::string name;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;     // when it was last looked at
  std::int64_t modified = 0;  // nanoseconds since 1970, likewise
  bool regular = false;       // else a pipe or a device

  /// For reading, without waiting for a pipe's writer. The error is an errno; EISDIR for a folder.
  static std::expected<OpenFile, int> open(const std::string& name);
  /// Asks for size and time again. The error is an errno.
  std::expected<void, int> look();
};

/// Reads at `offset`, up to `bytes`, appending to `out`: how many came, 0 at the end. The error is an errno.
[[nodiscard]] std::expected<std::size_t, int> read_at(int descriptor, std::uint64_t offset, std::size_t bytes,
                                                      std::string& out);

/// SHA-256, hex; of nothing: empty.
[[nodiscard]] std::string hash_of(std::string_view head);

/// What of a file was read: enough to know it again under another name.
struct Known {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t offset = 0;
  std::size_t head_bytes = 0;
  std::string head_hash;
};

/// Whether `file` begins as the known one did and is at least as long. Its name and inode do not matter.
[[nodiscard]] bool begins_as(const OpenFile& file, const Known& known);

/// The known file under whatever name in the folder of `path`; where its inode is gone, a rotated copy of it.
[[nodiscard]] std::optional<OpenFile> find_known(const std::string& path, const Known& known);
/// A rotated copy of the known file that is another inode.
[[nodiscard]] std::optional<OpenFile> find_copy(const std::string& path, const Known& known);
/// The oldest rotated file beside `path` that was written to after `file`, and is not that file.
[[nodiscard]] std::optional<OpenFile> find_rotated_after(const std::string& path, const OpenFile& file);

/// Whether `name` is what rotation makes of `base`: alerts.ndjson.1, alerts.ndjson-20261123, alerts-20261123.ndjson.
[[nodiscard]] bool is_rotated_name(std::string_view name, std::string_view base);

}  // namespace triaged::files

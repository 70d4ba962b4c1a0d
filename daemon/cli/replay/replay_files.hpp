// The files that `triaged replay` reads and writes.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "daemon/cli/replay/replay.hpp"
#include "daemon/replay/document_outputs.hpp"

namespace triaged::cli {

/// Why these files can't all be used: two outputs in one file, or an output that would empty an input.
[[nodiscard]] std::optional<std::string> find_clash(const ReplayOptions& options);

/// Creates or empties the files that were asked for. The error is a sentence that names the file.
[[nodiscard]] std::expected<replay::DocumentOutputs, std::string> open_outputs(const ReplayOptions& options);

/// All of a small file ("-": standard input). The error is a sentence that names the file.
[[nodiscard]] std::expected<std::string, std::string> read_whole(const std::string& name);

}  // namespace triaged::cli

// The texts that a bundle was made from as one text, and back: what a log keeps, so that recovery does not depend on
// files that were edited since.
//
//   triaged bundle 1
//   KIND BYTES-OF-NAME BYTES-OF-TEXT
//   NAME
//   TEXT
//
// The second to fourth line stand for each part, in the order of reading: `engine` (no name, all settings), `source`
// (its stalled_after), `rules` and `catalogue` (files, with their line ends as LF). Where state is kept and how the
// daemon listens is no part of it. A bundle's hash is the SHA-256 of this text.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.hpp"

namespace triaged::config {

enum class PartKind : std::uint8_t { engine, source, rules, catalogue };

/// One part of a bundle's text; views of it.
struct BundlePart {
  PartKind kind{};
  std::string_view name;
  std::string_view text;
};

[[nodiscard]] std::string bundle_text(const std::vector<BundlePart>& parts);
/// The error says what is wrong, with a byte offset.
[[nodiscard]] std::expected<std::vector<BundlePart>, std::string> read_bundle_text(std::string_view text);

/// From Loaded::recorded to a bundle that decides the same and has the same hash. Diagnostics name the files and lines
/// that the text was made from; a text that is no bundle's is one error.
[[nodiscard]] Loaded load_recorded(std::string_view text);

}  // namespace triaged::config

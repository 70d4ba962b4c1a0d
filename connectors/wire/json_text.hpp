// JSON strings: what both the writer and the scanner know about them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "rules/model/labels.hpp"

namespace triaged::wire {

/// How many bytes at the front of `text` stand for themselves in a JSON string: no quote, backslash or control
/// character.
[[nodiscard]] std::size_t plain_prefix(std::string_view text);

/// `text`, which is UTF-8, in quotes.
void append_string(std::string& out, std::string_view text);

/// {"alertname":"HostDown","service":"web"}
void append_labels(std::string& out, LabelsView labels);

/// `text`, which is UTF-8, as it may stand in a one-line message for people: at most 64 bytes of it, cut between
/// characters, control characters replaced.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace triaged::wire

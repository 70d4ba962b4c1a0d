// Matchers in raw text, for messages: what a person most likely meant where YAML read something else.
#pragma once

#include <string>
#include <string_view>

namespace triaged::config::yaml {

/// The first thing in `text` that looks like a matcher with a quoted value (`name="value"`, `=~`, `!=`, `!~`), as it
/// stands there; empty: none.
[[nodiscard]] std::string_view find_matcher(std::string_view text);

/// In YAML's single quotes.
[[nodiscard]] std::string in_single_quotes(std::string_view text);

}  // namespace triaged::config::yaml

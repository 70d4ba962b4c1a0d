// Which triaged this is.
#pragma once

namespace triaged::cli {

/// The text after `triaged --version`.
[[nodiscard]] const char* version_text();

}  // namespace triaged::cli

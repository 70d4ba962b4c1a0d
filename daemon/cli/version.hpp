// Which triaged this is.
#pragma once

#include <string>

namespace triaged::cli {

/// "1.2.3"
[[nodiscard]] const char* version_number();
/// "triaged 1.2.3"
[[nodiscard]] const char* version_text();
/// The commit it was built from; empty: nobody knows. In a file of its own, which each commit makes anew.
[[nodiscard]] const char* revision_text();
/// What `triaged --version` says: "triaged 1.2.3 (1a2b3c4d5e6f)".
[[nodiscard]] std::string version_line();

}  // namespace triaged::cli

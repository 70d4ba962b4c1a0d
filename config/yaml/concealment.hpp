// Secrets that stand in a file in clear are not shown with its faults.
#pragma once

#include <string>
#include <string_view>

namespace triaged::config::yaml {

/// The line with a '*' for each byte of what stands behind a key that names a secret ("sasl.password: …"). References
/// to the environment and names of files are left as they are. Knows no YAML, as the line may be none: rather more is
/// hidden than less.
[[nodiscard]] std::string conceal_secrets(std::string_view line);

}  // namespace triaged::config::yaml

// What is written survives a power failure. Thread-safe. The error is a sentence that names the path.
#pragma once

#include <expected>
#include <string>

namespace triaged::files {

std::expected<void, std::string> sync_file(const std::string& path);
/// Names that were made, renamed or removed in it.
std::expected<void, std::string> sync_folder(const std::string& path);

}  // namespace triaged::files

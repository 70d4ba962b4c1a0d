// Files of tests: written and read in one go.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace triaged::test {

/// Replaces what is there; folders are made. Gives the path.
inline std::string write_file(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

inline void append_to_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::app) << text;
}

/// "" where there is none.
[[nodiscard]] inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace triaged::test

#include "config/files.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include <fmt/format.h>
#include <fnmatch.h>

namespace triaged::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostSecretBytes = std::size_t{64} << 10U;

// Adds what of `rest` is there in `folder`, which is empty or ends with a slash.
void expand(const std::string& folder, std::string_view rest, std::vector<std::string>& found) {
  const auto slash = rest.find('/');
  const std::string name(rest.substr(0, slash));
  const bool last = slash == std::string_view::npos;
  std::error_code error;
  const auto take = [&](const std::string& entry) {
    if (!last) return expand(folder + entry + "/", rest.substr(slash + 1), found);
    if (fs::exists(folder + entry, error)) found.push_back(folder + entry);
  };
  if (name.find_first_of("*?[") == std::string::npos) return take(name);
  for (fs::directory_iterator entry(folder.empty() ? "." : folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string candidate = entry->path().filename().string();
    if (fnmatch(name.c_str(), candidate.c_str(), FNM_PERIOD) == 0) take(candidate);
  }
}

}  // namespace

std::expected<std::string, std::string> read_file(const std::string& path, std::size_t most_bytes) {
  std::error_code error;
  if (fs::is_directory(path, error)) return std::unexpected("it is a folder");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::unexpected(std::generic_category().message(errno != 0 ? errno : EIO));
  std::string text;
  constexpr std::size_t kStep = std::size_t{1} << 20U;
  while (in && text.size() <= most_bytes) {
    const std::size_t before = text.size();
    text.resize(before + std::min(kStep, most_bytes + 1 - before));
    in.read(text.data() + before, static_cast<std::streamsize>(text.size() - before));
    text.resize(before + static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) return std::unexpected(std::generic_category().message(errno != 0 ? errno : EIO));
  return text;
}

std::expected<std::string, std::string> read_secret(const std::string& path) {
  std::error_code error;
  const auto others = fs::status(path, error).permissions() & (fs::perms::others_read | fs::perms::others_write);
  if (!error && others != fs::perms::none) {
    return std::unexpected(fmt::format("{} holds a secret, and everybody can read or write it: chmod o-rwx", path));
  }
  auto text = read_file(path, kMostSecretBytes);
  if (!text) return std::unexpected(fmt::format("can't read {}: {}", path, text.error()));
  if (text->size() > kMostSecretBytes) {
    return std::unexpected(fmt::format("{} is no secret: it has more than {} KiB", path, kMostSecretBytes >> 10U));
  }
  if (text->ends_with('\n')) text->pop_back();
  if (text->ends_with('\r')) text->pop_back();
  if (text->empty()) return std::unexpected(fmt::format("{} is empty", path));
  if (text->find('\0') != std::string::npos) return std::unexpected(fmt::format("{} has a NUL in it", path));
  return text;
}

std::vector<std::string> expand_glob(const std::string& pattern) {
  std::vector<std::string> found;
  if (pattern.find_first_of("*?[") == std::string::npos) {
    std::error_code error;
    if (fs::exists(pattern, error)) found.push_back(pattern);
    return found;
  }
  expand("", pattern, found);
  std::sort(found.begin(), found.end());
  return found;
}

std::string beside(const std::string& file, const std::string& path) {
  const auto slash = file.rfind('/');
  if (path.starts_with('/') || slash == std::string::npos) return path;
  return file.substr(0, slash + 1) + path;
}

}  // namespace triaged::config

#include "connectors/files/sync.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "connectors/files/file_descriptor.hpp"

namespace triaged::files {
namespace {

std::expected<void, std::string> sync(const std::string& path, int flags) {
  const FileDescriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
  if (!opened.valid() || ::fsync(opened.get()) != 0) {
    return std::unexpected(path + ": can't be synced: " + std::strerror(errno));
  }
  return {};
}

}  // namespace

std::expected<void, std::string> sync_file(const std::string& path) { return sync(path, 0); }

std::expected<void, std::string> sync_folder(const std::string& path) { return sync(path, O_DIRECTORY); }

}  // namespace triaged::files

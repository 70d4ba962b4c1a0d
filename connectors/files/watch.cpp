#include "connectors/files/watch.hpp"

#include <array>
#include <filesystem>
#include <utility>

#include <sys/inotify.h>
#include <unistd.h>

namespace triaged::files {

Watch::Watch() : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

void Watch::forget(int& watch) {
  if (watch >= 0) (void)::inotify_rm_watch(inotify_.get(), watch);
  watch = -1;
}

void Watch::set(const std::string& path, int descriptor) {
  if (!inotify_.valid()) return;
  if (folder_ < 0) {
    const std::string folder = std::filesystem::path(path).parent_path().string();
    folder_ = ::inotify_add_watch(inotify_.get(), folder.empty() ? "." : folder.c_str(),
                                  IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
  }
  if (descriptor < 0) return forget(file_);
  // By its descriptor: the name may be another file's by now.
  const std::string open = "/proc/self/fd/" + std::to_string(descriptor);
  const int before = std::exchange(
      file_, ::inotify_add_watch(inotify_.get(), open.c_str(), IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF));
  if (before >= 0 && before != file_) (void)::inotify_rm_watch(inotify_.get(), before);
}

void Watch::drain() {
  if (!inotify_.valid()) return;
  alignas(inotify_event) std::array<char, 4096> bytes{};
  for (ssize_t got = 0; (got = ::read(inotify_.get(), bytes.data(), bytes.size())) > 0;) {
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      const auto* event = reinterpret_cast<const inotify_event*>(bytes.data() + at);
      const bool folder_moved = (event->mask & (IN_MOVE_SELF | IN_DELETE_SELF)) != 0 && event->wd == folder_;
      if (folder_moved) forget(folder_);
      if ((event->mask & IN_IGNORED) != 0 && event->wd == folder_) folder_ = -1;
      if ((event->mask & IN_IGNORED) != 0 && event->wd == file_) file_ = -1;
      at += sizeof(inotify_event) + event->len;
    }
  }
}

}  // namespace triaged::files

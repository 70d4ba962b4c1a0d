// Tells when it is worth looking at a file again, by inotify.
#pragma once

#include <string>

#include "connectors/files/file_descriptor.hpp"

namespace triaged::files {

/// Not thread-safe, but poll() on its descriptor may be called by another thread.
class Watch {
 public:
  Watch();
  /// Of what happens to an open file, and to names in the folder of `path`. Replaces what was watched before.
  void set(const std::string& path, int descriptor);
  /// Forgets what happened so far; look at the file after it, not before.
  void drain();
  /// Readable when something happened; -1: inotify is not to be had.
  [[nodiscard]] int descriptor() const { return inotify_.get(); }
  /// Both are watched: without it one has to look now and then.
  [[nodiscard]] bool complete() const { return folder_ >= 0 && file_ >= 0; }
  [[nodiscard]] bool sees_folder() const { return folder_ >= 0; }

 private:
  void forget(int& watch);

  FileDescriptor inotify_;
  int folder_ = -1;
  int file_ = -1;
};

}  // namespace triaged::files

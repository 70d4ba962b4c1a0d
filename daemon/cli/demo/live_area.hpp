// Some lines at the bottom of a terminal that are drawn again and again in place.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace triaged::cli {

/// The last frame stays when the object dies. Not thread-safe.
class LiveArea {
 public:
  explicit LiveArea(int fd) : fd_(fd) {}

  /// Each line must be narrower than the window, and all of them fewer than its rows.
  void draw(const std::vector<std::string>& lines);
  /// The terminal takes nothing more.
  [[nodiscard]] bool lost() const { return lost_; }

 private:
  int fd_;
  std::size_t drawn_ = 0;
  bool lost_ = false;
};

}  // namespace triaged::cli

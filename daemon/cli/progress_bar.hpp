// How far a long command is, on a terminal's standard error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rules/model/time.hpp"

namespace triaged::cli {

struct Progress {
  std::uint64_t bytes_done = 0;
  std::optional<std::uint64_t> bytes_total;  // absent: nobody knows
  std::uint64_t alerts = 0;
  Duration elapsed{0};
};

/// One line of at most `columns`: bar, percentage, rate and time left, or count and rate where there is no total.
[[nodiscard]] std::string progress_line(const Progress& progress, std::size_t columns);

/// Draws in place, at most ten times a second. Does nothing where `fd` is no terminal. Not thread-safe.
class ProgressBar {
 public:
  ProgressBar(int fd, bool wanted);
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void update(const Progress& progress);
  /// Removes the bar; call it before anything else is written to the terminal.
  void clear();

 private:
  void write(std::string_view text) const;

  int fd_;
  bool wanted_;
  bool drawn_ = false;
  Duration next_draw_{0};
};

}  // namespace triaged::cli

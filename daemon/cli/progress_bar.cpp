#include "daemon/cli/progress_bar.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "daemon/cli/terminal.hpp"

namespace triaged::cli {

namespace {

constexpr Duration kRedraw{100};
constexpr std::size_t kBarColumns = 24;
constexpr std::string_view kEraseLine = "\r\x1b[K";

/// 12,345,678
std::string grouped(std::uint64_t value) {
  auto text = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), ",");
  }
  return text;
}

std::string left_text(std::uint64_t seconds) {
  if (seconds >= 3600) return fmt::format("{} h {:02} min left", seconds / 3600, seconds / 60 % 60);
  if (seconds >= 60) return fmt::format("{} min {:02} s left", seconds / 60, seconds % 60);
  return fmt::format("{} s left", seconds);
}

}  // namespace

std::string progress_line(const Progress& progress, std::size_t columns) {
  const auto elapsed = static_cast<std::uint64_t>(std::max<Duration::rep>(progress.elapsed.count(), 1));
  const auto rate = fmt::format("{} alerts/s", grouped(progress.alerts * 1000 / elapsed));
  if (!progress.bytes_total || *progress.bytes_total == 0) {
    return fit(fmt::format("{} alerts  {}", grouped(progress.alerts), rate), columns);
  }
  const auto total = *progress.bytes_total;
  const auto done = std::min(progress.bytes_done, total);
  const auto filled = static_cast<std::size_t>(done * kBarColumns / total);
  std::string bar;
  for (std::size_t at = 0; at < kBarColumns; ++at) bar += at < filled ? "█" : "░";
  const auto left = done == 0 ? std::string() : left_text((total - done) * elapsed / done / 1000);
  return fit(fmt::format("{}  {:3} %  {}  {}", bar, done * 100 / total, rate, left), columns);
}

ProgressBar::ProgressBar(int fd, bool wanted) : fd_(fd), wanted_(wanted && is_terminal(fd)) {}

void ProgressBar::update(const Progress& progress) {
  if (!wanted_ || progress.elapsed < next_draw_) return;
  next_draw_ = progress.elapsed + kRedraw;
  // The last column stays free: writing into it wraps on some terminals.
  write(std::string(kEraseLine) + progress_line(progress, window_size(fd_).columns - 1));
  drawn_ = true;
}

void ProgressBar::clear() {
  if (drawn_) write(kEraseLine);
  drawn_ = false;
}

void ProgressBar::write(std::string_view text) const {
  // A bar that can't be drawn is not worth a fault.
  (void)!::write(fd_, text.data(), text.size());
}

}  // namespace triaged::cli

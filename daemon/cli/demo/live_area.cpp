#include "daemon/cli/demo/live_area.hpp"

#include <cerrno>
#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

namespace triaged::cli {

void LiveArea::draw(const std::vector<std::string>& lines) {
  // One write a frame, each line overwritten and only its rest erased: so nothing flickers.
  std::string text = drawn_ > 0 ? fmt::format("\r\x1b[{}A", drawn_) : std::string();
  for (const auto& line : lines) text += line + "\x1b[K\n";
  text += "\x1b[J";
  drawn_ = lines.size();
  std::string_view rest = text;
  while (!rest.empty() && !lost_) {
    const auto written = ::write(fd_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR && errno != EAGAIN) {
      lost_ = true;
    }
  }
}

}  // namespace triaged::cli

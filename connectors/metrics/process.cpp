#include "connectors/metrics/process.hpp"

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include "connectors/clock/clock.hpp"

namespace triaged::metrics {
namespace {

std::string content(const char* path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

double number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return static_cast<double>(value);
}

// What of proc(5)'s /proc/self/stat is used.
struct Stat {
  double user_ticks = 0;
  double system_ticks = 0;
  double threads = 0;
  double start_ticks = 0;  // after boot
  double virtual_bytes = 0;
  double resident_pages = 0;
};

std::optional<Stat> read_stat() {
  const std::string text = content("/proc/self/stat");
  // The second field is a name in parentheses that may have anything in it.
  auto rest = std::string_view(text);
  const auto close = rest.rfind(')');
  if (close == std::string_view::npos) return std::nullopt;
  rest.remove_prefix(close + 1);
  std::vector<std::string_view> fields = {"", ""};
  while (!rest.empty()) {
    const auto begin = rest.find_first_not_of(" \n");
    if (begin == std::string_view::npos) break;
    const auto end = std::min(rest.find_first_of(" \n", begin), rest.size());
    fields.push_back(rest.substr(begin, end - begin));
    rest.remove_prefix(end);
  }
  if (fields.size() < 24) return std::nullopt;
  const auto field = [&](std::size_t one_based) { return number(fields[one_based - 1]); };
  return Stat{field(14), field(15), field(20), field(22), field(23), field(24)};
}

// When the machine was started, since 1970.
double boot_seconds() {
  const clock::Reading reading = clock::read();
  return std::chrono::duration<double>(reading.wall.time_since_epoch() - reading.since_boot).count();
}

double open_descriptors() {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end; !error && entry != end;
       entry.increment(error)) {
    ++count;
  }
  return count > 0 ? count - 1 : 0;  // one of them is the folder itself
}

double most_descriptors() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

}  // namespace

void add_process_metrics(Registry& registry) {
  const auto cpu = registry.counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.");
  const auto resident = registry.gauge("process_resident_memory_bytes", "Resident memory size in bytes.");
  const auto virtual_memory = registry.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.");
  const auto threads = registry.gauge("process_threads", "Number of operating system threads.");
  const auto open = registry.gauge("process_open_fds", "Number of open file descriptors.");
  const auto most = registry.gauge("process_max_fds", "Maximum number of open file descriptors.");
  const auto start =
      registry.gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.");
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  if (const auto stat = read_stat()) start.set(boot_seconds() + stat->start_ticks / ticks);
  registry.before_scrape([=] {
    open.set(open_descriptors());
    most.set(most_descriptors());
    const auto stat = read_stat();
    if (!stat) return;
    cpu.raise_to((stat->user_ticks + stat->system_ticks) / ticks);
    resident.set(stat->resident_pages * page);
    virtual_memory.set(stat->virtual_bytes);
    threads.set(stat->threads);
  });
}

}  // namespace triaged::metrics

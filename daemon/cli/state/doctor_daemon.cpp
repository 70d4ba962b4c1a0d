// The daemon itself, where one runs: who it is, what it may open, whether it answers.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/resource.h>

#include "connectors/files/file_descriptor.hpp"
#include "connectors/http_client/client.hpp"
#include "connectors/wire/json/json_value.hpp"
#include "daemon/cli/remote/connection.hpp"
#include "daemon/cli/state/doctor.hpp"

namespace triaged::cli {
namespace {

constexpr std::uint64_t kOwnDescriptors = 64;  // log, read model, sources, publishers, …
constexpr Duration kPatience = std::chrono::seconds(5);

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

/// Of a process: soft limit of open files. 0: unlimited, or nobody knows.
std::uint64_t limit_of(pid_t process) {
  std::ifstream limits(fmt::format("/proc/{}/limits", process));
  constexpr std::string_view kName = "Max open files";
  for (std::string line; std::getline(limits, line);) {
    if (!line.starts_with(kName)) continue;
    const auto at = line.find_first_not_of(' ', kName.size());
    return at == std::string::npos ? 0 : number_in(std::string_view(line).substr(at)).value_or(0);
  }
  return 0;
}

/// How many a process has open. 0: nobody knows.
std::uint64_t open_in(pid_t process) {
  std::error_code unknown;
  const std::filesystem::directory_iterator open(fmt::format("/proc/{}/fd", process), unknown);
  return unknown ? 0 : static_cast<std::uint64_t>(std::distance(begin(open), end(open)));
}

/// What a daemon that this user starts here could open.
std::uint64_t own_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) return 0;
  return limit.rlim_max;
}

/// What the daemon says of the files that it writes; where it has users, it tells nobody unknown.
void examine_publishers(http_client::Client& client, Findings& findings) {
  const auto answer = client.get("/api/v1/status");
  if (!answer || answer->status != 200) return;
  const auto status = wire::JsonValue::parse(answer->body);
  if (!status) return;
  for (const auto& publisher : (*status)["publishers"].items()) {
    if (publisher["fault"].is_null()) continue;
    findings.fail("publish " + publisher["file"].text(),
                  fmt::format("{}; {} batches wait", publisher["fault"].text(), publisher["lagBatches"].text()),
                  "docs/OPERATIONS.md, \"A published file was altered\": what waits in the log is written then");
  }
}

}  // namespace

void find_daemon(Patient& patient) {
  const std::string file = patient.settings.state_directory + "/lock";
  const files::FileDescriptor lock(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  // Held for no longer than this takes; a daemon that starts tries again for longer.
  if (!lock.valid() || ::flock(lock.get(), LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  patient.locked = true;
  std::ifstream(file) >> patient.process;
}

void examine_descriptors(const Patient& patient, Findings& findings) {
  const std::uint64_t limit = patient.process != 0 ? limit_of(patient.process) : own_limit();
  const std::uint64_t open = patient.process != 0 ? open_in(patient.process) : 0;
  const std::uint64_t needed = patient.settings.http.max_connections + kOwnDescriptors;
  const char* const advice = "raise LimitNOFILE, or lower http.max_connections: beyond the limit connections wait";
  if (limit == 0) return findings.ok("open files", "as many as it takes");
  if (limit < needed) {
    return findings.warn("open files",
                         fmt::format("{} may be open, and {} connections and {} others may come", limit,
                                     patient.settings.http.max_connections, kOwnDescriptors),
                         advice);
  }
  if (open > limit - limit / 10) return findings.warn("open files", fmt::format("{} of {}", open, limit), advice);
  findings.ok("open files",
              patient.process != 0 ? fmt::format("{} of {}", open, limit) : fmt::format("{} may be open", limit));
}

void examine_daemon(const Patient& patient, Findings& findings) {
  if (!patient.locked) return findings.ok("daemon", "none runs");
  ConnectionOptions where;
  where.config = patient.configuration;
  const auto url = daemon_url(where, nullptr);
  if (!url) return findings.warn("daemon", "nobody knows where it listens", "look at http.listen");
  http_client::Target target;
  target.url = *url;
  target.ca_file = patient.ca_file;
  target.timeout = kPatience;
  http_client::Client client(std::move(target));
  const auto answer = client.get("/-/ready");
  const std::string process = fmt::format("process {}", patient.process);
  if (!answer && answer.error().kind == http_client::Error::Kind::tls) {
    findings.warn("daemon",
                  fmt::format("{} runs; {} is not asked, since its certificate is not known here", process, *url),
                  "--ca-file names whom to trust");
  } else if (!answer) {
    findings.fail("daemon",
                  fmt::format("{} runs, and does not answer at {}: {}", process, *url, answer.error().message),
                  "look at its log; one that has just started may still run its log again");
  } else if (answer->status != 200) {
    std::string reasons = answer->body;
    while (reasons.ends_with('\n')) reasons.pop_back();
    std::ranges::replace(reasons, '\n', ',');
    findings.fail("daemon", fmt::format("{} is not ready: {}", process, reasons), "docs/OPERATIONS.md says what to do");
  } else {
    findings.ok("daemon", fmt::format("{} is ready at {}", process, *url));
  }
  if (answer) examine_publishers(client, findings);
}

}  // namespace triaged::cli

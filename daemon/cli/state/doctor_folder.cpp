// The state folder and what else the daemon reads and writes: are they there, may it, is there room?
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <variant>

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "connectors/log/local/local_log.hpp"
#include "daemon/cli/state/doctor.hpp"

namespace triaged::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
constexpr unsigned long kSmb2Magic = 0xFE534D42;
constexpr unsigned long kCifsMagic = 0xFF534D42;
constexpr mode_t kOwnReadWrite = 0600;
constexpr mode_t kOthersWrite = 0002;

std::string folder_of(const std::string& file) {
  const auto folder = fs::path(file).parent_path().string();
  return folder.empty() ? "." : folder;
}

/// Nothing where locks and syncs hold.
std::string_view doubtful_file_system(const std::string& folder) {
  struct statfs status{};
  if (::statfs(folder.c_str(), &status) != 0) return {};
  switch (static_cast<unsigned long>(status.f_type)) {
    case NFS_SUPER_MAGIC: return "NFS";
    case SMB_SUPER_MAGIC:
    case kSmb2Magic:
    case kCifsMagic: return "SMB";
    case V9FS_MAGIC: return "9P";
    case TMPFS_MAGIC: return "tmpfs";
    default: return {};
  }
}

std::optional<struct stat> status_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status;
}

/// Whom the daemon runs as: the process, where one runs, else whoever has the folder.
std::optional<uid_t> user_of(const Patient& patient) {
  auto status = patient.process == 0 ? std::nullopt : status_of(fmt::format("/proc/{}", patient.process));
  if (!status) status = status_of(patient.settings.state_directory);
  return status ? std::optional(status->st_uid) : std::nullopt;
}

void examine_published(const config::PublishSettings& publish, Findings& findings) {
  if (publish.file == "-") return;
  const std::string check = "publish " + publish.file;
  std::error_code missing;
  const bool there = fs::exists(publish.file, missing);
  const std::string folder = folder_of(publish.file);
  const char* const advice = "what is published waits in the log until it can be, and the log grows";
  if (fs::is_directory(publish.file, missing)) return findings.fail(check, "is a folder", advice);
  if (::access(there ? publish.file.c_str() : folder.c_str(), there ? W_OK : W_OK | X_OK) == 0) {
    return findings.ok(check, "can be written");
  }
  if (there) return findings.fail(check, "can't be written by this user", advice);
  const bool no_folder = !fs::is_directory(folder, missing);
  findings.fail(check, fmt::format("its folder {} {}", folder, no_folder ? "is not there" : "can't be written"),
                advice);
}

void examine_source(const config::SourceConfig& source, Findings& findings) {
  const auto* const file = std::get_if<config::FileSource>(&source.input);
  if (file == nullptr) return;
  const std::string check = "source " + source.name;
  if (::access(file->path.c_str(), R_OK) == 0) return findings.ok(check, file->path + " can be read");
  if (errno != ENOENT) {
    return findings.fail(check, file->path + " can't be read by this user", "give the daemon's user the right to");
  }
  findings.warn(check, file->path + " is not there", "it is read from its beginning once it is");
}

}  // namespace

void examine_folder(const Patient& patient, Findings& findings) {
  const std::string& state = patient.settings.state_directory;
  std::error_code missing;
  const bool there = fs::exists(state, missing);
  const std::string folder = there ? state : folder_of(state);
  if (there && !fs::is_directory(state, missing)) {
    return findings.fail("state folder", state + " is no folder", "move it away, or name another one in `log`");
  }
  if (::access(folder.c_str(), R_OK | W_OK | X_OK) != 0) {
    return findings.fail("state folder", folder + " can't be used by this user",
                         "run this as the daemon's user, or give that user the folder");
  }
  if (const auto kind = doubtful_file_system(folder); kind == "tmpfs") {
    findings.warn("state folder", fmt::format("{} is in memory: it is gone after a restart of the machine", folder),
                  "put it on a disk");
  } else if (!kind.empty()) {
    findings.warn("state folder", fmt::format("{} is on {}, where SQLite's locks may not hold", folder, kind),
                  "put it on a local disk");
  } else {
    findings.ok("state folder", there ? state + " can be written" : state + " is not there yet; `run` makes it");
  }
}

void examine_permissions(const Patient& patient, Findings& findings) {
  const std::size_t before = findings.all().size();
  const std::string& state = patient.settings.state_directory;
  const auto user = user_of(patient);
  if (const auto folder = status_of(state); folder && user && (folder->st_mode & kOthersWrite) != 0) {
    findings.warn("permissions", "anybody can write into " + state, "chmod o-w " + state);
  }
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(state, unreadable)) {
    const auto status = status_of(entry.path().string());
    if (!status || !user || !S_ISREG(status->st_mode) || *user == 0) continue;
    if (status->st_uid == *user && (status->st_mode & kOwnReadWrite) == kOwnReadWrite) continue;
    findings.fail("permissions",
                  fmt::format("{} belongs to user {} with mode {:o}, and the daemon is user {}", entry.path().string(),
                              status->st_uid, status->st_mode & 07777U, *user),
                  fmt::format("chown {0} {1} && chmod u+rw {1}", *user, entry.path().string()));
  }
  if (user && *user != ::geteuid()) {
    findings.warn("permissions", fmt::format("this is user {}, and the daemon is user {}", ::geteuid(), *user),
                  "run this as the daemon's user: what it may read and write is only known then");
  }
  if (findings.all().size() == before) findings.ok("permissions", "the daemon may use what is its own");
}

void examine_room(const Patient& patient, Findings& findings) {
  const std::string& state = patient.settings.state_directory;
  std::error_code missing;
  struct statvfs status{};
  if (::statvfs(fs::is_directory(state, missing) ? state.c_str() : folder_of(state).c_str(), &status) != 0) return;
  const std::uint64_t room = std::uint64_t{status.f_bavail} * status.f_frsize;
  const auto size = fs::file_size(log::local_log_file(state), missing);
  const std::uint64_t has = missing ? 0 : size;
  const std::uint64_t most = patient.settings.retention.journal_bytes;
  const std::uint64_t wanted = most > has ? most - has : 0;
  const std::string free = fmt::format("{} MiB are free", room / kMiB);
  if (room < patient.least_room) {
    findings.fail("disk space", fmt::format("{}, and {} MiB are needed", free, patient.least_room / kMiB),
                  "free some: without it nothing is accepted");
  } else if (status.f_files != 0 && status.f_favail == 0) {
    findings.fail("disk space", "no more files can be made", "delete some: snapshots and the log need a few");
  } else if (room < wanted) {
    findings.warn("disk space", fmt::format("{}, and the log may grow by {} MiB", free, wanted / kMiB),
                  "lower retention.journal_size, or free some");
  } else {
    findings.ok("disk space", free);
  }
}

void examine_files(const Patient& patient, Findings& findings) {
  for (const config::PublishSettings& publish : patient.settings.publish) examine_published(publish, findings);
  for (const config::SourceConfig& source : patient.settings.sources) examine_source(source, findings);
}

}  // namespace triaged::cli

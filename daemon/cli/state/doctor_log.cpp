// What stands in the state folder: the log, its cuts, the snapshots; and the clock against it.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>

#include <fmt/format.h>
#include <sys/stat.h>

#include "connectors/clock/clock.hpp"
#include "connectors/clock/log_clock.hpp"
#include "connectors/log/cut_chain.hpp"
#include "connectors/log/cut_codec.hpp"
#include "connectors/log/local/local_log.hpp"
#include "connectors/log/snapshot_file.hpp"
#include "daemon/cli/state/doctor.hpp"
#include "rules/engine/version.hpp"

namespace triaged::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kKeepAndRestore =
    "stop the daemon, keep a copy of the folder, and restore a backup, or start with an empty folder";
constexpr std::size_t kReadAtOnce = std::size_t{4} << 20U;
constexpr Duration kLittleAhead = std::chrono::minutes(1);
constexpr Duration kOldSnapshot = std::chrono::hours(1);

/// Every record, in order, readable.
std::string fault_of_records(log::LocalReader& log, log::Position last) {
  Time before{};
  for (log::Position at = 0; at < last;) {
    const auto records = log.records(at, kReadAtOnce);
    if (!records) return records.error().message;
    if (records->empty()) break;
    for (const log::Record& record : *records) {
      // The oldest go while a daemon runs; none goes from between.
      if (at != 0 && record.position != at + 1 && log.first_record().value_or(0) < record.position) {
        return fmt::format("records {} to {} are not there", at + 1, record.position - 1);
      }
      if (record.log_time < before) return fmt::format("record {} is earlier than the one before", record.position);
      before = record.log_time;
      at = record.position;
    }
  }
  return {};
}

/// Whether its cuts can be looked at.
bool examine_database(const std::string& state, log::LocalReader& log, Findings& findings) {
  const auto kept = log.kept();
  if (!kept) {
    findings.fail("log", kept.error().message, kKeepAndRestore);
    return false;
  }
  if (const auto checked = log.quick_check(); !checked) {
    findings.fail("log", checked.error().message, kKeepAndRestore);
    return false;
  }
  if (const std::string fault = fault_of_records(log, kept->last); !fault.empty()) {
    findings.fail("log", fault, kKeepAndRestore);
    return false;
  }
  findings.ok("log", kept->first == 0
                         ? state + " has no records yet"
                         : fmt::format("records {} to {} in {} KiB", kept->first, kept->last, kept->bytes / 1024));
  return true;
}

void examine_cuts(log::LocalReader& log, const std::optional<log::Cut>& last, Findings& findings) {
  const auto chain = log::check_cuts(log, last ? last->number : 0, true);
  if (!chain) return findings.fail("cuts", chain.error(), kKeepAndRestore);
  if (chain->first == 0) return findings.ok("cuts", "there are none yet");
  findings.ok("cuts", fmt::format("{} to {}, each as the next one says, with the outputs that it names", chain->first,
                                  chain->last));
}

Duration age_of(const std::string& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return Duration{0};
  const Time written{std::chrono::seconds(status.st_mtim.tv_sec)};
  return std::max(clock::now() - written, Duration{0});
}

std::optional<log::StoredSnapshot> find(const log::SnapshotStore& store, const std::string& file) {
  const auto stored = store.list();
  const auto found = std::ranges::find(stored, file, &log::StoredSnapshot::file);
  return found == stored.end() ? std::nullopt : std::optional(*found);
}

/// The snapshot in a slot, if recovery could begin at it.
std::optional<log::StoredSnapshot> examine_snapshot(const log::SnapshotStore& store, int slot, log::LocalReader& log,
                                                    Findings& findings) {
  const std::string check = fs::path(store.path(slot)).filename().string();
  auto found = find(store, store.path(slot));
  auto good = found ? store.verify(*found) : std::expected<void, std::string>();
  if (found && !good) {
    // A daemon may have written the next one meanwhile.
    found = find(store, store.path(slot));
    if (found) good = store.verify(*found);
  }
  const char* const advice = "the other one is used, and this one is written next";
  if (!found) {
    findings.warn(check, "it is torn", advice);
    return std::nullopt;
  }
  if (!good) {
    findings.warn(check, good.error(), advice);
    return std::nullopt;
  }
  const auto cut = log.cuts(found->manifest.cut - 1, 1);
  if (!cut || cut->empty() || log::hash_of(cut->front()) != found->manifest.cut_hash) {
    findings.warn(check, "it belongs to another log", "it is not used, and is written over");
    return std::nullopt;
  }
  findings.ok(check, fmt::format("the state after cut {}, {} KiB, as its SHA-256 says", found->manifest.cut,
                                 found->manifest.state_bytes / 1024));
  return found;
}

/// Of those that recovery could begin at, the newest.
std::optional<log::StoredSnapshot> examine_snapshots(const Patient& patient, log::LocalReader& log,
                                                     const std::optional<log::Cut>& last, Findings& findings) {
  const log::SnapshotStore store(patient.settings.state_directory);
  std::optional<log::StoredSnapshot> newest;
  for (const int slot : {0, 1}) {
    std::error_code missing;
    if (!fs::exists(store.path(slot), missing)) continue;
    const auto found = examine_snapshot(store, slot, log, findings);
    if (found && (!newest || newest->manifest.cut < found->manifest.cut)) newest = found;
  }
  if (!last) return newest;
  const auto first = log.first_record();
  if (!newest && first && *first > 1) {
    findings.fail("snapshots", fmt::format("none can be used, and the journal begins at record {}", *first),
                  kKeepAndRestore);
  } else if (!newest) {
    findings.warn("snapshots", "none can be used: a start runs the log from its first record",
                  "nothing, if the log is young; else the daemon's log says why there is none");
  } else if (const Duration age = age_of(newest->file);
             patient.locked && age > std::max(kOldSnapshot, 3 * patient.settings.snapshot.interval) &&
             newest->manifest.through < last->through) {
    findings.warn(
        "snapshots",
        fmt::format("the newest is {} minutes old", std::chrono::duration_cast<std::chrono::minutes>(age).count()),
        "the daemon's log says why there is no newer one");
  }
  return newest;
}

void examine_engine(const std::optional<log::Cut>& last, const std::optional<log::StoredSnapshot>& newest,
                    Findings& findings) {
  if (!last) return;
  // One that is written while this looks is ahead of `last`.
  const bool tail = !newest || newest->manifest.cut < last->number;
  if (last->engine_version == kEngineVersion) {
    findings.ok("engine", fmt::format("version {} made the last batches, as this one is", kEngineVersion));
  } else if (tail) {
    findings.fail(
        "engine",
        fmt::format("version {} made the last batches, and this is version {}", last->engine_version, kEngineVersion),
        "start that version once and stop it cleanly, or say --accept-engine-change");
  } else {
    findings.ok("engine",
                fmt::format("version {} stopped cleanly; this is version {}", last->engine_version, kEngineVersion));
  }
}

void examine_clock(log::LocalReader& log, Findings& findings) {
  const auto reading = clock::read();
  const auto last = log.last_log_time();
  const std::optional<Time> stood = last ? *last : std::nullopt;
  switch (clock::doubt_about(reading, stood)) {
    case clock::Doubt::not_set:
      return findings.fail("clock", "the machine's clock is not set", "set it before the daemon starts");
    case clock::Doubt::far_ahead:
      return findings.fail("clock", "the machine's clock is more than 30 days ahead of the log",
                           "set it right, or say --accept-clock if the daemon was down for so long");
    case clock::Doubt::none: break;
  }
  if (stood && *stood - reading.wall > kLittleAhead) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*stood - reading.wall).count();
    return findings.warn("clock", fmt::format("the log is {} s ahead of the machine's clock", seconds),
                         "set the clock right if it is wrong; else log time goes on that much ahead");
  }
  findings.ok("clock", "is where the log is, or later");
}

void examine_opened(const Patient& patient, log::LocalReader& log, Findings& findings) {
  if (!examine_database(patient.settings.state_directory, log, findings)) return;
  const auto last = log.last_cut();
  if (!last) return findings.fail("cuts", last.error().message, kKeepAndRestore);
  examine_cuts(log, *last, findings);
  const auto newest = examine_snapshots(patient, log, *last, findings);
  examine_engine(*last, newest, findings);
  examine_clock(log, findings);
}

}  // namespace

void examine_log(const Patient& patient, Findings& findings) {
  const std::string& state = patient.settings.state_directory;
  std::error_code missing;
  if (!fs::exists(log::local_log_file(state), missing)) return findings.ok("log", "there is none yet");
  const std::size_t before = findings.all().size();
  for (const bool at_rest : {!patient.locked, false}) {
    findings.keep(before);
    auto log = at_rest ? log::LocalReader::open_at_rest(state) : log::LocalReader::open(state);
    if (!log) return findings.fail("log", log.error().message, kKeepAndRestore);
    examine_opened(patient, **log, findings);
    // A daemon that started meanwhile may have written to what was read without locks: then it is read again.
    if (!at_rest || log::LocalReader::is_whole(state)) return;
  }
}

}  // namespace triaged::cli

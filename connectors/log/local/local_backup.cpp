#include "connectors/log/local/local_backup.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <set>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "config/digest.hpp"
#include "connectors/files/file_descriptor.hpp"
#include "connectors/files/sync.hpp"
#include "connectors/log/local/local_log.hpp"

namespace triaged::log {
namespace {

namespace fs = std::filesystem;
using sqlite::Database;

constexpr const char* kApplication = "1953653099";       // SQLite's application_id of a backup: "trbk"
constexpr std::int64_t kPiece = std::int64_t{8} << 20U;  // a value in SQLite has its bounds
constexpr Duration kBusy = std::chrono::seconds(5);

constexpr const char* kTables = R"(
create table backup (made_at integer not null, version text not null, digest text not null);
create table snapshots (name text not null, at integer not null, bytes blob not null, primary key (name, at));
)";

std::unexpected<std::string> failed(const sqlite::Error& error) { return std::unexpected(error.message); }
std::unexpected<std::string> failed(std::string_view what, const std::string& path) {
  return std::unexpected(fmt::format("{}: can't be {}: {}", path, what, std::strerror(errno)));
}

std::expected<void, std::string> append(const std::string& path, std::string_view bytes) {
  const files::FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!file.valid()) return failed("written", path);
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(file.get(), bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return failed("written", path);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

std::string folder_of(const std::string& path) {
  const auto folder = fs::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

/// Goes with whatever was left half done.
class Draft {
 public:
  explicit Draft(std::string path) : path_(std::move(path)) { remove(); }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() { remove(); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  void remove() const {
    for (const char* suffix : {"", "-journal", "-wal", "-shm"}) ::unlink((path_ + suffix).c_str());
  }
  std::string path_;
};

/// A snapshot's file, as it is; open, so that it stays what it was when the daemon writes the next one.
struct SnapshotFile {
  std::string name;
  files::FileDescriptor file;
};

std::vector<SnapshotFile> open_snapshots(const std::string& directory) {
  const SnapshotStore store(directory);
  std::vector<SnapshotFile> found;
  for (const StoredSnapshot& stored : store.list()) {
    files::FileDescriptor file(::open(stored.file.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.valid()) found.push_back({fs::path(stored.file).filename().string(), std::move(file)});
  }
  return found;
}

std::expected<void, std::string> insert(Database& database, const std::vector<SnapshotFile>& snapshots) {
  auto statement = database.prepare("insert into snapshots values (?, ?, ?)");
  if (!statement) return failed(statement.error());
  std::string piece;
  for (const SnapshotFile& snapshot : snapshots) {
    for (std::int64_t at = 0;;) {
      piece.resize(kPiece);
      const ssize_t got = ::pread(snapshot.file.get(), piece.data(), piece.size(), at);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failed("read", snapshot.name);
      if (got == 0) break;
      piece.resize(static_cast<std::size_t>(got));
      statement->bind(1, snapshot.name).bind(2, at).bind_blob(3, piece);
      if (auto done = statement->run(); !done) return failed(done.error());
      at += got;
    }
  }
  return {};
}

/// `target` is not there yet.
std::expected<void, std::string> vacuum_into(Database& database, const std::string& target) {
  // What is in it is nobody else's business.
  const files::FileDescriptor made(::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!made.valid()) return failed("written", target);
  auto vacuum = database.prepare("vacuum into ?");
  if (!vacuum) return failed(vacuum.error());
  vacuum->bind(1, target);
  // The error names the source, and it is the target that is full.
  if (auto done = vacuum->run(); !done) return std::unexpected(fmt::format("{}: {}", target, done.error().message));
  return {};
}

/// Of all that a backup holds: pages have no checksums of their own.
std::expected<std::string, std::string> digest_of(Database& database, Time made_at, std::string_view version) {
  config::Digest digest;
  digest.add_piece(fmt::format("{} {}\n", made_at.time_since_epoch().count(), version));
  for (const auto& [columns, table] :
       {std::pair{2, "meta order by name"}, std::pair{7, "journal order by position"},
        std::pair{2, "resumes order by source"}, std::pair{3, "cuts order by number"},
        std::pair{2, "outputs order by cut"}, std::pair{4, "rejected order by cut"},
        std::pair{3, "publishers order by name"}, std::pair{3, "snapshots order by name, at"}}) {
    auto rows = database.prepare(fmt::format("select * from {}", table));
    if (!rows) return failed(rows.error());
    for (;;) {
      const auto row = rows->step();
      if (!row) return failed(row.error());
      if (!*row) break;
      for (int column = 0; column < columns; ++column) {
        const auto value = rows->blob(column);
        digest.add_piece(fmt::format("{} ", value.size()));
        digest.add_piece(value);
      }
    }
    digest.add_piece("\n");
  }
  return digest.hex();
}

std::expected<void, std::string> add_tables(const std::string& draft, const std::vector<SnapshotFile>& snapshots,
                                            Time made_at, const std::string& version) {
  auto database = Database::open(draft, Database::Mode::read_write);
  if (!database) return failed(database.error());
  // Beside the draft there is nothing to roll back to: it goes as a whole.
  for (const char* pragma : {"journal_mode=off", "synchronous=off"}) {
    if (auto done = database->pragma(pragma); !done) return failed(done.error());
  }
  if (auto done = database->exec(kTables); !done) return failed(done.error());
  if (auto done = insert(*database, snapshots); !done) return done;
  const auto digest = digest_of(*database, made_at, version);
  if (!digest) return std::unexpected(digest.error());
  auto backup = database->prepare("insert into backup values (?, ?, ?)");
  if (!backup) return failed(backup.error());
  backup->bind(1, made_at.time_since_epoch().count()).bind(2, version).bind(3, *digest);
  if (auto done = backup->run(); !done) return failed(done.error());
  if (auto done = database->pragma(std::string("application_id=") + kApplication); !done) return failed(done.error());
  return {};
}

/// Whether there is nothing at `file` that a backup must not replace; else why not.
std::string in_the_way(const std::string& directory, const std::string& file) {
  std::error_code none;
  if (fs::equivalent(folder_of(file), directory, none)) return file + ": a backup in the state folder helps nobody";
  const auto status = fs::symlink_status(file, none);
  if (!fs::exists(status)) return {};
  std::string why = file + ": is there, and is no backup: it is not replaced";
  if (!fs::is_regular_file(status)) return why;
  auto database = Database::open(file, Database::Mode::read_only);
  const auto application = database ? database->pragma("application_id") : std::unexpected(database.error());
  return application && *application == kApplication ? std::string() : why;
}

}  // namespace

std::expected<void, std::string> LocalBackup::write(const std::string& directory, const std::string& file, Time made_at,
                                                    const std::string& version) {
  if (auto why = in_the_way(directory, file); !why.empty()) return std::unexpected(std::move(why));
  const auto snapshots = open_snapshots(directory);
  auto log = Database::open(local_log_file(directory), Database::Mode::read_only);
  if (!log) return failed(log.error());
  log->set_busy_timeout(kBusy);
  const auto form = log->pragma("user_version");
  if (!form) return failed(form.error());
  if (*form != std::to_string(kLocalLogForm)) {
    return std::unexpected(
        fmt::format("{}: has form {}; this triaged reads form {}", local_log_file(directory), *form, kLocalLogForm));
  }
  const Draft draft(file + ".part");
  if (auto done = vacuum_into(*log, draft.path()); !done) return done;
  if (auto done = add_tables(draft.path(), snapshots, made_at, version); !done) return done;
  if (auto done = files::sync_file(draft.path()); !done) return done;
  if (std::rename(draft.path().c_str(), file.c_str()) != 0) return failed("renamed", draft.path());
  return files::sync_folder(folder_of(file));
}

std::expected<LocalBackup, std::string> LocalBackup::open(const std::string& file) {
  std::error_code missing;
  if (!fs::is_regular_file(file, missing)) return std::unexpected(file + ": there is no such file");
  auto database = Database::open(file, Database::Mode::read_only);
  if (!database) return failed(database.error());
  LocalBackup backup(*std::move(database), file);
  const auto application = backup.database_.pragma("application_id");
  if (!application || *application != kApplication) return std::unexpected(file + ": is no backup that triaged made");
  const auto form = backup.database_.pragma("user_version");
  if (!form) return failed(form.error());
  if (*form != std::to_string(kLocalLogForm)) {
    return std::unexpected(fmt::format("{}: has form {}; this triaged reads form {}", file, *form, kLocalLogForm));
  }
  const auto intact = backup.database_.pragma("integrity_check(1)");
  if (!intact || *intact != "ok") {
    return std::unexpected(fmt::format("{}: damaged: {}", file, intact ? *intact : intact.error().message));
  }
  auto made = backup.database_.prepare("select made_at, version, digest from backup");
  if (!made) return failed(made.error());
  const auto row = made->step();
  if (!row) return failed(row.error());
  if (!*row) return std::unexpected(file + ": does not say when it was made");
  backup.made_at_ = Time{Duration{made->integer(0)}};
  backup.version_ = made->text(1);
  const auto digest = digest_of(backup.database_, backup.made_at_, backup.version_);
  if (!digest) return std::unexpected(digest.error());
  if (*digest != made->text(2))
    return std::unexpected(file + ": damaged: its content does not have the SHA-256 it names");
  return backup;
}

std::expected<void, std::string> LocalBackup::unpack(const std::string& directory) {
  const std::string target = local_log_file(directory);
  if (auto done = vacuum_into(database_, target); !done) return done;
  {
    auto log = Database::open(target, Database::Mode::read_write);
    if (!log) return failed(log.error());
    for (const char* statement : {"drop table backup", "drop table snapshots", "update publishers set resume = ''",
                                  "pragma application_id=0", "pragma incremental_vacuum"}) {
      if (auto done = log->exec(statement); !done) return failed(done.error());
    }
  }
  auto pieces = database_.prepare("select name, bytes from snapshots order by name, at");
  if (!pieces) return failed(pieces.error());
  std::set<std::string> written{target};
  for (;;) {
    const auto row = pieces->step();
    if (!row) return failed(row.error());
    if (!*row) break;
    const std::string name(pieces->text(0));
    if (name != "snapshot-a" && name != "snapshot-b") {
      return std::unexpected(fmt::format("{}: holds a file that triaged does not write", file_));
    }
    const std::string path = fmt::format("{}/{}", directory, name);
    if (auto done = append(path, pieces->blob(1)); !done) return done;
    written.insert(path);
  }
  for (const std::string& path : written) {
    if (auto done = files::sync_file(path); !done) return done;
  }
  return files::sync_folder(directory);
}

}  // namespace triaged::log

#include <filesystem>
#include <utility>

#include "connectors/log/local/local_log.hpp"

namespace triaged::log {
namespace {

constexpr std::uint64_t kDue = std::uint64_t{4} << 20U;
constexpr std::uint64_t kFarBehind = std::uint64_t{256} << 20U;

}  // namespace

std::expected<std::unique_ptr<LocalCheckpointer>, LogError> LocalCheckpointer::open(const std::string& directory) {
  auto database = sqlite::Database::open(local_log_file(directory), sqlite::Database::Mode::read_write);
  if (!database) return std::unexpected(to_log_error(database.error()));
  return std::unique_ptr<LocalCheckpointer>(new LocalCheckpointer(*std::move(database), directory));
}

std::uint64_t LocalCheckpointer::wal_bytes() const {
  std::error_code missing;
  const auto size = std::filesystem::file_size(local_log_file(directory_) + "-wal", missing);
  return missing ? 0 : size;
}

bool LocalCheckpointer::due() const { return wal_bytes() >= kDue; }

bool LocalCheckpointer::far_behind() const { return wal_bytes() >= kFarBehind; }

void LocalCheckpointer::run() {
  // SQLite before 3.51.3 may lose data where a checkpoint begins although there is nothing to move, while the writer
  // begins the WAL anew ("WAL-reset bug"). So one begins only if something was committed after the one before.
  const auto version = database_.pragma("data_version");
  if (!version || *version == moved_) return;
  // What it could not move, the next one will.
  [[maybe_unused]] const auto done = database_.pragma("wal_checkpoint(passive)");
  moved_ = database_.pragma("data_version").value_or("");
}

}  // namespace triaged::log

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "connectors/log/compression.hpp"
#include "connectors/log/cut_codec.hpp"
#include "connectors/log/local/local_log.hpp"
#include "connectors/log/output_block.hpp"

namespace triaged::log {
namespace {

using sqlite::Database;

constexpr Duration kBusy = std::chrono::seconds(5);

std::unexpected<LogError> failed(const sqlite::Error& error) { return std::unexpected(to_log_error(error)); }

std::unexpected<LogError> broken(const std::string& directory, std::string_view what, std::uint64_t at) {
  return std::unexpected(
      LogError{LogError::Kind::broken, fmt::format("{}: {} {} is damaged", local_log_file(directory), what, at)});
}

}  // namespace

std::expected<std::unique_ptr<LocalReader>, LogError> LocalReader::open(const std::string& directory) {
  return open(directory, Database::Mode::read_only);
}

std::expected<std::unique_ptr<LocalReader>, LogError> LocalReader::open_at_rest(const std::string& directory) {
  return open(directory, is_whole(directory) ? Database::Mode::at_rest : Database::Mode::read_only);
}

bool LocalReader::is_whole(const std::string& directory) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(local_log_file(directory) + "-wal", missing);
  return missing || size == 0;
}

std::expected<std::unique_ptr<LocalReader>, LogError> LocalReader::open(const std::string& directory,
                                                                        Database::Mode mode) {
  auto database = Database::open(local_log_file(directory), mode);
  if (!database) return failed(database.error());
  std::unique_ptr<LocalReader> reader(new LocalReader(*std::move(database), directory));
  if (auto good = reader->prepare(); !good) return std::unexpected(good.error());
  return reader;
}

std::expected<void, LogError> LocalReader::prepare() {
  database_.set_busy_timeout(kBusy);
  const auto form = database_.pragma("user_version");
  if (!form) return failed(form.error());
  if (*form != std::to_string(kLocalLogForm)) {
    return std::unexpected(LogError{
        LogError::Kind::broken,
        fmt::format("{}: has form {}; this triaged reads form {}", local_log_file(directory_), *form, kLocalLogForm)});
  }
  for (const auto& [into, text] :
       {std::pair{&first_, "select coalesce(min(position), 0), coalesce(max(position), 0) from journal"},
        std::pair{&records_,
                  "select position, log_time, kind, source, skips, payload from journal where position > ? "
                  "order by position"},
        std::pair{&last_cut_, "select body from cuts order by number desc limit 1"},
        std::pair{&cuts_, "select number, body from cuts where number > ? order by number limit ?"},
        std::pair{&outputs_,
                  "select (select block from outputs where cut = ?1), (select block from rejected where cut = ?1)"},
        std::pair{&skipped_, "select skips from journal where skips != 0 order by skips"}}) {
    auto statement = database_.prepare(text);
    if (!statement) return failed(statement.error());
    *into = *std::move(statement);
  }
  return {};
}

std::expected<Position, LogError> LocalReader::first_record() {
  const auto row = first_.step();
  if (!row) return failed(row.error());
  const auto first = static_cast<Position>(first_.integer(0));
  first_.reset();
  return first;
}

std::expected<std::vector<Record>, LogError> LocalReader::records(Position after, std::size_t bytes) {
  records_.bind(1, static_cast<std::int64_t>(after));
  std::vector<Record> found;
  std::size_t total = 0;
  while (found.empty() || total < bytes) {
    const auto row = records_.step();
    if (!row) return failed(row.error());
    if (!*row) return found;
    auto payload = decompress(records_.blob(5));
    if (!payload) {
      records_.reset();
      return broken(directory_, "record", after + found.size() + 1);
    }
    total += payload->size();
    found.push_back({.position = static_cast<Position>(records_.integer(0)),
                     .log_time = Time{Duration{records_.integer(1)}},
                     .kind = static_cast<RecordKind>(records_.integer(2)),
                     .source = std::string(records_.text(3)),
                     .payload = *std::move(payload),
                     .skips = static_cast<Position>(records_.integer(4))});
  }
  records_.reset();
  return found;
}

std::expected<std::optional<Cut>, LogError> LocalReader::last_cut() {
  const auto row = last_cut_.step();
  if (!row) return failed(row.error());
  if (!*row) return std::nullopt;
  auto cut = decode_cut(last_cut_.text(0));
  last_cut_.reset();
  if (!cut) return broken(directory_, "the last cut,", 0);
  return cut;
}

std::expected<std::vector<Cut>, LogError> LocalReader::cuts(std::uint64_t after, std::size_t count) {
  cuts_.bind(1, static_cast<std::int64_t>(after)).bind(2, static_cast<std::int64_t>(count));
  std::vector<Cut> found;
  for (;;) {
    const auto row = cuts_.step();
    if (!row) return failed(row.error());
    if (!*row) return found;
    auto cut = decode_cut(cuts_.text(1));
    if (!cut || cut->number != static_cast<std::uint64_t>(cuts_.integer(0))) {
      const auto number = static_cast<std::uint64_t>(cuts_.integer(0));
      cuts_.reset();
      return broken(directory_, "cut", number);
    }
    found.push_back(*std::move(cut));
  }
}

std::expected<std::vector<Output>, LogError> LocalReader::outputs(std::uint64_t cut) {
  outputs_.bind(1, static_cast<std::int64_t>(cut));
  const auto row = outputs_.step();
  if (!row) return failed(row.error());
  auto outputs = decode_outputs(outputs_.blob(0), outputs_.blob(1));
  outputs_.reset();
  if (!outputs) return broken(directory_, "the block of outputs of cut", cut);
  return *std::move(outputs);
}

std::expected<std::uint64_t, LogError> LocalReader::rejected_gone() {
  auto gone = database_.prepare("select cast(value as integer) from meta where name = 'rejected_gone'");
  if (!gone) return failed(gone.error());
  const auto row = gone->step();
  if (!row) return failed(row.error());
  return *row ? static_cast<std::uint64_t>(gone->integer(0)) : 0;
}

std::expected<std::vector<Position>, LogError> LocalReader::skipped() {
  std::vector<Position> found;
  for (;;) {
    const auto row = skipped_.step();
    if (!row) return failed(row.error());
    if (!*row) return found;
    found.push_back(static_cast<Position>(skipped_.integer(0)));
  }
}

std::expected<std::optional<Time>, LogError> LocalReader::last_log_time() {
  auto last = database_.prepare("select log_time from journal order by position desc limit 1");
  if (!last) return failed(last.error());
  const auto row = last->step();
  if (!row) return failed(row.error());
  if (!*row) return std::nullopt;
  const Time record{Duration{last->integer(0)}};
  const auto cut = last_cut();
  if (!cut) return std::unexpected(cut.error());
  return *cut ? std::max(record, (*cut)->clock) : record;
}

std::expected<void, LogError> LocalReader::quick_check() {
  const auto found = database_.pragma("quick_check(1)");
  if (!found) return failed(found.error());
  if (*found == "ok") return {};
  return std::unexpected(
      LogError{LogError::Kind::broken, fmt::format("{}: damaged: {}", local_log_file(directory_), *found)});
}

std::expected<LocalReader::Kept, LogError> LocalReader::kept() {
  const auto row = first_.step();
  if (!row) return failed(row.error());
  Kept kept{.first = static_cast<Position>(first_.integer(0)), .last = static_cast<Position>(first_.integer(1))};
  first_.reset();
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code missing;
    const auto size = std::filesystem::file_size(local_log_file(directory_) + suffix, missing);
    if (!missing) kept.bytes += size;
  }
  return kept;
}

std::expected<std::uint64_t, LogError> LocalReader::last_cut_through(Position position) {
  auto last = database_.prepare("select coalesce(max(number), 0) from cuts where through <= ?");
  if (!last) return failed(last.error());
  last->bind(1, static_cast<std::int64_t>(position));
  const auto row = last->step();
  if (!row) return failed(row.error());
  return static_cast<std::uint64_t>(last->integer(0));
}

std::expected<Position, LogError> LocalReader::last_before(Time time, std::uint64_t bytes) {
  const auto ends = kept();
  if (!ends) return std::unexpected(ends.error());
  if (ends->first == 0) return Position{0};
  // Log time never goes back, so it is found by halves.
  auto time_at = database_.prepare("select log_time from journal where position = ?");
  if (!time_at) return failed(time_at.error());
  Position older = ends->first - 1;
  for (Position young = ends->last + 1; young - older > 1;) {
    const Position middle = older + (young - older) / 2;
    time_at->bind(1, static_cast<std::int64_t>(middle));
    const auto row = time_at->step();
    if (!row) return failed(row.error());
    (Time{Duration{time_at->integer(0)}} < time ? older : young) = middle;
    time_at->reset();
  }
  if (older < ends->first) older = 0;
  const auto used = used_bytes();
  if (!used) return std::unexpected(used.error());
  if (bytes == 0 || *used <= bytes) return older;
  auto sizes = database_.prepare("select position, size from journal order by position");
  if (!sizes) return failed(sizes.error());
  for (std::uint64_t found = 0; found < *used - bytes;) {
    const auto row = sizes->step();
    if (!row) return failed(row.error());
    if (!*row) return ends->last;
    found += static_cast<std::uint64_t>(sizes->integer(1));
    older = std::max(older, static_cast<Position>(sizes->integer(0)));
  }
  return older;
}

std::expected<std::uint64_t, LogError> LocalReader::last_rejected_before(Time time, std::uint64_t bytes) {
  auto youngest_first = database_.prepare("select cut, at, size from rejected order by cut desc");
  if (!youngest_first) return failed(youngest_first.error());
  for (std::uint64_t kept = 0;;) {
    const auto row = youngest_first->step();
    if (!row) return failed(row.error());
    if (!*row) return 0;
    kept += static_cast<std::uint64_t>(youngest_first->integer(2));
    if (Time{Duration{youngest_first->integer(1)}} < time || (bytes != 0 && kept > bytes)) {
      return static_cast<std::uint64_t>(youngest_first->integer(0));
    }
  }
}

std::expected<std::uint64_t, LogError> LocalReader::used_bytes() {
  std::uint64_t pages = 0;
  std::uint64_t page_size = 0;
  std::uint64_t unused = 0;
  for (const auto& [pragma, into] :
       {std::pair{"page_count", &pages}, std::pair{"page_size", &page_size}, std::pair{"freelist_count", &unused}}) {
    const auto value = database_.pragma(pragma);
    if (!value) return failed(value.error());
    std::from_chars(value->data(), value->data() + value->size(), *into);
  }
  return (pages - std::min(unused, pages)) * page_size;
}

}  // namespace triaged::log

#include "connectors/log/kafka/cut_reader.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "connectors/clock/clock.hpp"
#include "connectors/log/cut_codec.hpp"
#include "connectors/log/kafka/kafka_error.hpp"

namespace triaged::log {
namespace {

using kafka::PartitionReader;

// Between two looks at whether a transaction has ended.
constexpr Duration kLookAgain = std::chrono::milliseconds(20);
// From the end back to the last cut: a commit takes two offsets, one that was aborted as many.
constexpr std::int64_t kFirstStep = 16;
constexpr std::int64_t kStepFactor = 16;
// What is no larger is read, not halved.
constexpr std::int64_t kReadRather = 2'048;

}  // namespace

std::expected<std::unique_ptr<CutReader>, LogError> CutReader::open(kafka::ClientOptions client, std::string topic,
                                                                    std::int32_t partition, Duration patience) {
  auto cursor = PartitionCursor::open(client, std::move(topic), partition, patience);
  if (!cursor) return std::unexpected(cursor.error());
  return std::unique_ptr<CutReader>(new CutReader(std::move(client), *std::move(cursor)));
}

std::expected<std::int64_t, LogError> CutReader::stable_end() {
  auto uncommitted = PartitionReader::open(client_, PartitionReader::Isolation::uncommitted);
  if (!uncommitted) return std::unexpected(to_log_error(uncommitted.error()));
  const auto all = (*uncommitted)->watermarks(cursor_.topic(), cursor_.partition(), cursor_.patience());
  if (!all) return std::unexpected(to_log_error(all.error()));
  const clock::Stopwatch waiting;
  for (;;) {
    const auto committed = cursor_.watermarks();
    if (!committed) return std::unexpected(committed.error());
    if (committed->high >= all->high) return committed->high;
    if (waiting.elapsed() > cursor_.patience()) {
      return std::unexpected(LogError{
          LogError::Kind::unavailable,
          fmt::format("{}: a transaction is open at offset {} for more than {} s, so nobody knows the last cut; it "
                      "hangs, or its producer's transaction.timeout.ms is long (kafka-transactions.sh find-hanging)",
                      cursor_.name(), committed->high, cursor_.patience().count() / 1'000)});
    }
    clock::pause(kLookAgain);
  }
}

std::expected<std::optional<CutReader::At>, LogError> CutReader::read(std::int64_t from) {
  const auto record = cursor_.read(from);
  if (!record) return std::unexpected(record.error());
  if (!*record) return std::nullopt;
  auto cut = decode_cut(record->value().value_or(""));
  if (!cut) {
    return std::unexpected(LogError{LogError::Kind::broken,
                                    fmt::format("{}: what stands at offset {} is no cut of this version of triaged",
                                                cursor_.name(), record->offset())});
  }
  return At{record->offset(), *std::move(cut), std::string(record->header("group").value_or(""))};
}

std::expected<std::optional<Cut>, LogError> CutReader::last() {
  const auto end = stable_end();
  if (!end) return std::unexpected(end.error());
  const auto marks = cursor_.watermarks();
  if (!marks) return std::unexpected(marks.error());
  for (std::int64_t step = kFirstStep;; step *= kStepFactor) {
    const std::int64_t from = std::max(marks->low, *end - step);
    std::optional<Cut> last;
    for (std::int64_t at = from;;) {
      auto found = read(at);
      if (!found) return std::unexpected(found.error());
      if (!*found) break;
      at = (*found)->offset + 1;
      last = std::move((*found)->cut);
      last_group_ = std::move((*found)->group);
    }
    if (cursor_.end() < *end) {
      return std::unexpected(LogError{LogError::Kind::unavailable,
                                      fmt::format("{}: the brokers show it up to offset {}, and it goes on to {}",
                                                  cursor_.name(), cursor_.end(), *end)});
    }
    if (last || from == marks->low) return last;
  }
}

std::expected<void, LogError> CutReader::find(const std::function<bool(const Cut&)>& reached) {
  const auto marks = cursor_.watermarks();
  if (!marks) return std::unexpected(marks.error());
  at_ = marks->low;
  ahead_.reset();
  auto first = read(marks->low);
  if (!first) return std::unexpected(first.error());
  if (!*first) return {};
  if (reached((*first)->cut)) {
    ahead_ = *std::move(first);
    return {};
  }
  // Before `low` nothing has reached it; at `high` something has, or there is nothing.
  std::int64_t low = (*first)->offset + 1;
  std::int64_t high = marks->high;
  while (high - low > kReadRather) {
    const std::int64_t middle = low + (high - low) / 2;
    const auto found = read(middle);
    if (!found) return std::unexpected(found.error());
    if (*found && !reached((*found)->cut)) {
      low = (*found)->offset + 1;
    } else {
      high = middle;
    }
  }
  for (at_ = low;;) {
    auto found = read(at_);
    if (!found) return std::unexpected(found.error());
    if (!*found) return {};
    if (reached((*found)->cut)) {
      ahead_ = *std::move(found);
      return {};
    }
    at_ = (*found)->offset + 1;
  }
}

std::expected<std::optional<Cut>, LogError> CutReader::next() {
  if (at_ < 0) {
    const auto marks = cursor_.watermarks();
    if (!marks) return std::unexpected(marks.error());
    at_ = marks->low;
  }
  auto found = ahead_ ? std::exchange(ahead_, std::nullopt) : std::optional<At>();
  if (!found) {
    auto more = read(at_);
    if (!more) return std::unexpected(more.error());
    found = *std::move(more);
  }
  if (!found) return std::nullopt;
  at_ = found->offset + 1;
  return std::move(found->cut);
}

}  // namespace triaged::log

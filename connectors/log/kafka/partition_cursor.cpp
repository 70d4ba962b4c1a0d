#include "connectors/log/kafka/partition_cursor.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "connectors/log/kafka/kafka_error.hpp"

namespace triaged::log {
namespace {

// So far ahead is read rather than sought: most of it was fetched already.
constexpr std::int64_t kNear = 1'000;

}  // namespace

std::expected<PartitionCursor, LogError> PartitionCursor::open(kafka::ClientOptions client, std::string topic,
                                                               std::int32_t partition, Duration patience) {
  auto reader = kafka::PartitionReader::open(std::move(client), kafka::PartitionReader::Isolation::committed);
  if (!reader) return std::unexpected(to_log_error(reader.error()));
  return PartitionCursor(*std::move(reader), std::move(topic), partition, patience);
}

std::string PartitionCursor::name() const { return fmt::format("{}/{}", topic_, partition_); }

std::expected<kafka::PartitionReader::Watermarks, LogError> PartitionCursor::watermarks() {
  const auto marks = reader_->watermarks(topic_, partition_, patience_);
  if (!marks) return std::unexpected(to_log_error(marks.error()));
  return *marks;
}

std::expected<void, LogError> PartitionCursor::seek(std::int64_t to) {
  next_ = -1;
  if (auto sought = reader_->seek(topic_, partition_, to); !sought) {
    return std::unexpected(to_log_error(sought.error()));
  }
  next_ = to;
  return {};
}

std::expected<kafka::IncomingRecord, LogError> PartitionCursor::read(std::int64_t from) {
  bool sought = next_ < 0 || from < next_ || from > next_ + kNear;
  if (sought) {
    if (auto there = seek(from); !there) return std::unexpected(there.error());
  }
  for (;;) {
    auto step = reader_->read(patience_);
    if (step && step->at_end && !sought) {
      // That end may be an old one, which was fetched ahead like a record.
      sought = true;
      if (auto there = seek(std::max(from, next_)); !there) return std::unexpected(there.error());
      continue;
    }
    if (step && step->record) {
      next_ = step->record.offset() + 1;
      if (step->record.offset() >= from) return std::move(step->record);
      continue;
    }
    next_ = -1;
    if (!step) return std::unexpected(explained(step.error(), from));
    if (!step->at_end) {
      return std::unexpected(
          LogError{LogError::Kind::unavailable,
                   fmt::format("{}: nothing came from the brokers in {} s", name(), patience_.count() / 1'000)});
    }
    end_ = step->end;
    return kafka::IncomingRecord{};
  }
}

LogError PartitionCursor::explained(const kafka::Error& error, std::int64_t from) {
  const auto marks = reader_->watermarks(topic_, partition_, patience_);
  if (error.kind != kafka::Error::Kind::fatal || !marks || from >= marks->low) return to_log_error(error);
  return {LogError::Kind::broken,
          fmt::format("{}: the records from offset {} to {} are gone", name(), from, marks->low - 1)};
}

}  // namespace triaged::log

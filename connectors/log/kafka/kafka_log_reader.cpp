#include "connectors/log/kafka/kafka_log_reader.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "connectors/log/kafka/record_codec.hpp"

namespace triaged::log {
namespace {

std::unexpected<LogError> broken(std::string message) {
  return std::unexpected(LogError{LogError::Kind::broken, std::move(message)});
}

Position taken_by(const Cut& cut) {
  Position count = 0;
  for (const Run& run : cut.runs) count += run.count;
  return count;
}

}  // namespace

std::expected<std::unique_ptr<KafkaLogReader>, LogError> KafkaLogReader::open(Options options) {
  std::unique_ptr<KafkaLogReader> reader(new KafkaLogReader(std::move(options)));
  const Options& chosen = reader->options_;
  for (auto* const cuts : {&reader->cuts_, &reader->tail_}) {
    auto made =
        CutReader::open(chosen.client, chosen.topics.cuts(), static_cast<std::int32_t>(chosen.shard), chosen.patience);
    if (!made) return std::unexpected(made.error());
    *cuts = *std::move(made);
  }
  return reader;
}

std::expected<PartitionCursor*, LogError> KafkaLogReader::input(std::uint32_t number) {
  if (number >= kInputs) {
    return broken(fmt::format("{}/{}: cut {} took records from an input that this version of triaged does not know",
                              options_.topics.cuts(), options_.shard, cut_.number));
  }
  auto& cursor = inputs_[number];
  if (!cursor) {
    auto made = PartitionCursor::open(options_.client,
                                      number == kControlInput ? options_.topics.control() : options_.topics.source,
                                      static_cast<std::int32_t>(options_.shard), options_.patience);
    if (!made) return std::unexpected(made.error());
    cursor = *std::move(made);
  }
  return &*cursor;
}

std::expected<Position, LogError> KafkaLogReader::first_record() {
  std::array<std::uint64_t, kInputs> oldest{};
  for (std::uint32_t number = 0; number < kInputs; ++number) {
    const auto cursor = input(number);
    if (!cursor) return std::unexpected(cursor.error());
    const auto marks = (*cursor)->watermarks();
    if (!marks) return std::unexpected(marks.error());
    oldest[number] = static_cast<std::uint64_t>(marks->low);
  }
  const auto last = last_cut();
  if (!last) return std::unexpected(last.error());
  if (!*last || (*last)->through == 0) return Position{0};
  cuts_after_.reset();
  // Behind it nothing is gone: reading goes on at offsets that are there.
  const auto whole = cuts_->find([&oldest](const Cut& cut) {
    return cut.next.size() == kInputs &&
           std::ranges::equal(cut.next, oldest, [](std::uint64_t next, std::uint64_t there) { return next >= there; });
  });
  if (!whole) return std::unexpected(whole.error());
  const auto first = cuts_->next();
  if (!first) return std::unexpected(first.error());
  return (*first ? (*first)->through : (*last)->through) + 1;
}

std::expected<std::optional<Cut>, LogError> KafkaLogReader::last_cut() { return cuts_->last(); }

std::expected<std::vector<Cut>, LogError> KafkaLogReader::cuts(std::uint64_t after, std::size_t count) {
  if (std::exchange(cuts_after_, std::nullopt) != after) {
    if (auto found = cuts_->find([after](const Cut& cut) { return cut.number > after; }); !found) {
      return std::unexpected(found.error());
    }
  }
  std::vector<Cut> found;
  while (found.size() < count) {
    auto cut = cuts_->next();
    if (!cut) return std::unexpected(cut.error());
    if (!*cut) break;
    found.push_back(**std::move(cut));
  }
  cuts_after_ = found.empty() ? after : found.back().number;
  return found;
}

std::expected<std::vector<Record>, LogError> KafkaLogReader::records(Position after, std::size_t bytes) {
  std::vector<Record> found;
  if (at_ != after) {
    if (auto there = go_to(after); !there) return std::unexpected(there.error());
    if (!at_) return found;
  }
  // Where it fails midway, the next call looks for its place anew.
  Position at = *std::exchange(at_, std::nullopt);
  for (std::size_t total = 0; found.empty() || total < bytes;) {
    if (run_ == cut_.runs.size()) {
      const auto more = next_cut(at);
      if (!more) return std::unexpected(more.error());
      if (!*more) break;
      continue;
    }
    auto record = next_record();
    if (!record) return std::unexpected(record.error());
    record->position = ++at;
    if (at <= after) continue;
    total += record->payload.size();
    found.push_back(*std::move(record));
  }
  at_ = at;
  return found;
}

std::expected<void, LogError> KafkaLogReader::go_to(Position after) {
  at_.reset();
  take(Cut{});
  if (auto there = tail_->find([after](const Cut& cut) { return cut.through > after; }); !there) return there;
  auto cut = tail_->next();
  if (!cut) return std::unexpected(cut.error());
  if (!*cut) return {};
  take(**std::move(cut));
  const Position begins = cut_.through - taken_by(cut_);
  if (begins > after) {
    return broken(fmt::format("{}/{}: the cuts that took the records from {} to {} are gone", options_.topics.cuts(),
                              options_.shard, after + 1, begins));
  }
  at_ = begins;
  return {};
}

std::expected<bool, LogError> KafkaLogReader::next_cut(Position at) {
  auto cut = tail_->next();
  if (!cut) return std::unexpected(cut.error());
  if (!*cut) return false;
  take(**std::move(cut));
  if (cut_.through == at + taken_by(cut_)) return true;
  return broken(fmt::format("{}/{}: cut {} goes from record {} to {}, and names {} records", options_.topics.cuts(),
                            options_.shard, cut_.number, at + 1, cut_.through, taken_by(cut_)));
}

void KafkaLogReader::take(Cut cut) {
  cut_ = std::move(cut);
  run_ = 0;
  taken_ = 0;
}

std::expected<Record, LogError> KafkaLogReader::next_record() {
  const Run& run = cut_.runs[run_];
  const auto cursor = input(run.input);
  if (!cursor) return std::unexpected(cursor.error());
  const auto first = static_cast<std::int64_t>(run.first);
  const auto last = static_cast<std::int64_t>(run.last);
  const auto message = (*cursor)->read(taken_ == 0 ? first : next_);
  if (!message) {
    if (message.error().kind != LogError::Kind::broken) return std::unexpected(message.error());
    return lost(message.error().message);
  }
  if (!*message) return too_short(**cursor, last);
  const std::int64_t offset = message->offset();
  if ((taken_ == 0 && offset != first) || offset > last || (taken_ + 1 == run.count && offset != last)) {
    return lost(fmt::format("{}: of the {} records from offset {} to {} some are gone", (*cursor)->name(), run.count,
                            first, last));
  }
  Record record = to_record(*message, run.input, options_.source);
  if (cut_.ceiling != Time{}) record.log_time = std::min(record.log_time, cut_.ceiling);
  record.left_out = run.skipped;
  next_ = offset + 1;
  if (++taken_ == run.count) {
    ++run_;
    taken_ = 0;
  }
  return record;
}

std::unexpected<LogError> KafkaLogReader::lost(std::string_view what) const {
  return broken(fmt::format(
      "{}; cut {} took them, and no snapshot that is left was made after it. What the topic keeps has to last from one "
      "snapshot to the next start (retention.ms, retention.bytes). Where an instance's folder has a newer snapshot, "
      "start there; else begin anew with another prefix of topics",
      what, cut_.number));
}

std::unexpected<LogError> KafkaLogReader::too_short(PartitionCursor& input, std::int64_t last) const {
  const auto marks = input.watermarks();
  if (!marks) return std::unexpected(marks.error());
  if (marks->high > last) {
    return lost(fmt::format("{}: the records up to offset {} are gone", input.name(), last));
  }
  // Brokers that just came back may not show all that they have.
  return std::unexpected(LogError{
      LogError::Kind::unavailable,
      fmt::format("{}: ends at offset {}, and cut {} took records up to {}: either the brokers do not show all of it "
                  "yet, or they lost records, or the topic was made anew",
                  input.name(), marks->high, cut_.number, last)});
}

std::expected<std::vector<Output>, LogError> KafkaLogReader::outputs(std::uint64_t /*cut*/) {
  return std::vector<Output>();
}

std::expected<std::uint64_t, LogError> KafkaLogReader::rejected_gone() { return 0; }

std::expected<std::vector<Position>, LogError> KafkaLogReader::skipped() { return std::vector<Position>(); }

}  // namespace triaged::log

#include "connectors/log/memory/memory_log.hpp"

#include <algorithm>
#include <utility>

#include "rules/model/check.hpp"

namespace triaged::log {

std::expected<Position, LogError> MemoryLog::write(std::span<const Delivery> deliveries, const Batch* batch) {
  if (failure_) return std::unexpected(*std::exchange(failure_, std::nullopt));
  if (batch != nullptr) {
    TRIAGED_CHECK(batch->cut.number == batches_.size() + 1);
    batches_.push_back(*batch);
  }
  const Position first = records_.size() + 1;
  for (const Delivery& delivery : deliveries) {
    TRIAGED_CHECK(records_.empty() || records_.back().log_time <= delivery.log_time);
    records_.push_back(
        {records_.size() + 1, delivery.log_time, delivery.kind, delivery.source, delivery.payload, delivery.skips});
    if (!delivery.resume.empty()) resume_[delivery.source] = delivery.resume;
  }
  return first;
}

std::expected<std::vector<Record>, LogError> MemoryLog::records(Position after, std::size_t bytes) {
  std::vector<Record> found;
  std::size_t total = 0;
  for (Position at = after; at < records_.size() && (found.empty() || total < bytes); ++at) {
    found.push_back(records_[at]);
    total += found.back().payload.size();
  }
  return found;
}

std::expected<std::optional<Cut>, LogError> MemoryLog::last_cut() {
  if (batches_.empty()) return std::nullopt;
  return batches_.back().cut;
}

std::expected<std::vector<Cut>, LogError> MemoryLog::cuts(std::uint64_t after, std::size_t count) {
  std::vector<Cut> found;
  for (std::uint64_t at = after; at < batches_.size() && found.size() < count; ++at) found.push_back(batches_[at].cut);
  return found;
}

std::expected<std::vector<Output>, LogError> MemoryLog::outputs(std::uint64_t cut) {
  if (cut == 0 || cut > batches_.size()) return std::vector<Output>{};
  return batches_[cut - 1].outputs;
}

std::expected<std::uint64_t, LogError> MemoryLog::rejected_gone() { return 0; }

std::expected<std::vector<Position>, LogError> MemoryLog::skipped() {
  std::vector<Position> positions;
  for (const Record& record : records_) {
    if (record.skips != 0) positions.push_back(record.skips);
  }
  std::ranges::sort(positions);
  return positions;
}

std::string MemoryLog::resume(const std::string& source) const {
  const auto found = resume_.find(source);
  return found == resume_.end() ? std::string() : found->second;
}

}  // namespace triaged::log

// A log in memory, for tests and simulation: what was written before a crash is there after it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "connectors/log/shard_log.hpp"

namespace triaged::log {

/// Not thread-safe. May be told to fail.
class MemoryLog final : public LogReader, public LogWriter {
 public:
  std::expected<Position, LogError> write(std::span<const Delivery> deliveries, const Batch* batch) override;

  std::expected<Position, LogError> first_record() override { return records_.empty() ? 0 : 1; }
  std::expected<std::vector<Record>, LogError> records(Position after, std::size_t bytes) override;
  std::expected<std::optional<Cut>, LogError> last_cut() override;
  std::expected<std::vector<Cut>, LogError> cuts(std::uint64_t after, std::size_t count) override;
  std::expected<std::vector<Output>, LogError> outputs(std::uint64_t cut) override;
  std::expected<std::uint64_t, LogError> rejected_gone() override;
  std::expected<std::vector<Position>, LogError> skipped() override;

  /// The next write fails with that and changes nothing.
  void fail_next(LogError error) { failure_ = std::move(error); }
  /// Where a source goes on; empty: it was never heard of.
  [[nodiscard]] std::string resume(const std::string& source) const;

 private:
  std::vector<Record> records_;
  std::vector<Batch> batches_;
  std::map<std::string, std::string> resume_;
  std::optional<LogError> failure_;
};

}  // namespace triaged::log

// The outputs of a log on this machine, cut by cut: one shard, number 0.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "connectors/log/shard_log.hpp"
#include "daemon/pipeline/output_source.hpp"

namespace triaged::pipeline {

/// committed() and wake() may be called by any thread.
class LocalOutputs final : public OutputSource {
 public:
  explicit LocalOutputs(std::unique_ptr<log::LogReader> log) : log_(std::move(log)) {}

  /// The log has cuts up to this one.
  void committed(std::uint64_t cut);

  std::expected<std::string, Fault> begin(const readmodel::Progress& progress) override;
  std::expected<Next, Fault> next() override;
  void wait(Duration at_most) override;
  void wake() override;

 private:
  std::unique_ptr<log::LogReader> log_;
  std::uint64_t given_ = 0;  // the last cut that next() gave
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t committed_ = 0;
  bool woken_ = false;
};

}  // namespace triaged::pipeline

// What comes by HTTP, on its way into the log.
#pragma once

#include <string>
#include <vector>

#include "daemon/api/ports.hpp"
#include "daemon/pipeline/core_thread.hpp"
#include "daemon/pipeline/log_thread.hpp"
#include "daemon/telemetry/telemetry.hpp"

namespace triaged::app {

/// Thread-safe.
class HttpAlertIntake final : public api::AlertIntake {
 public:
  HttpAlertIntake(std::vector<std::string> sources, pipeline::LogThread& log,
                  std::function<void(const std::string&, std::uint64_t, const std::vector<wire::Rejection>&)> on_read,
                  telemetry::Telemetry& telemetry)
      : sources_(std::move(sources)), log_(log), on_read_(std::move(on_read)), telemetry_(telemetry) {}

  [[nodiscard]] std::vector<std::string> http_sources() const override { return sources_; }
  void submit(const std::string& source, std::string payload,
              std::move_only_function<void(api::AlertReceipt)> done) override;

 private:
  std::vector<std::string> sources_;
  pipeline::LogThread& log_;
  std::function<void(const std::string&, std::uint64_t, const std::vector<wire::Rejection>&)> on_read_;
  telemetry::Telemetry& telemetry_;
};

/// Thread-safe.
class HttpCommandIntake final : public api::CommandIntake {
 public:
  HttpCommandIntake(pipeline::LogThread& log, const pipeline::CoreThread& core) : log_(log), core_(core) {}
  void submit(std::string text, std::move_only_function<void(api::CommandReceipt)> done) override;

 private:
  pipeline::LogThread& log_;
  const pipeline::CoreThread& core_;
};

}  // namespace triaged::app

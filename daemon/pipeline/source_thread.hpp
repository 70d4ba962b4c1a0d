// A file or standard input, read in a thread of its own, into the log.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "connectors/files/followed_file.hpp"
#include "connectors/wire/alert_decoder.hpp"
#include "daemon/pipeline/log_thread.hpp"
#include "daemon/pipeline/shard/delivery_decoder.hpp"

namespace triaged::pipeline {

/// What one delivery held, for whoever counts.
struct SourceRead {
  std::uint64_t alerts = 0;
  std::uint64_t bytes = 0;
  std::vector<wire::Rejection> rejections;  // lines count within the delivery
};

inline constexpr std::string_view kStandardInput = "/dev/stdin";

/// Thread-safe, but for stop().
class SourceThread {
 public:
  struct Options {
    std::string name;
    std::string path;  // or kStandardInput
    bool follow = false;
    std::string resume;  // what the log remembers of it; empty: nothing
    std::function<void(const SourceRead&)> on_read;
    std::function<void(const files::FileReport&)> on_report;
    std::function<void()> on_end;
  };
  SourceThread(Options options, LogThread& log);
  ~SourceThread();
  SourceThread(const SourceThread&) = delete;
  SourceThread& operator=(const SourceThread&) = delete;

  /// The log does not take deliveries any more, so that it waits nowhere.
  void stop();
  [[nodiscard]] const std::string& name() const { return options_.name; }
  /// What the file has and was not read yet, as far as it can be known: of one that was rotated meanwhile, only the new
  /// one counts. Nothing: it is standard input or another stream, or not there.
  [[nodiscard]] std::optional<std::uint64_t> lag() const;

 private:
  void run();
  /// Adds to what is collected. Whether to go on.
  bool collect(const files::FollowedFile::Step& step);
  bool deliver();
  bool send();
  /// Of what is too large to be kept: the bytes that belong to it.
  std::size_t drop(std::string_view bytes);
  void wait(const files::FollowedFile& file) const;
  [[nodiscard]] bool stopping() const;

  Options options_;
  LogThread& log_;
  files::FileDescriptor stop_;  // readable: stop

  // Of documents that are on their way into the log together.
  std::string bytes_;
  std::string resume_;
  wire::AlertStream stream_{kDeliveryLimits};
  bool dropping_ = false;  // the beginning of what is too large was delivered; stream_ looks for its end
  std::unique_ptr<wire::AlertBatch> alerts_ = std::make_unique<wire::AlertBatch>();

  // Of what was read last, maybe in an earlier life.
  std::atomic<std::uint64_t> inode_;
  std::atomic<std::uint64_t> offset_;

  std::thread thread_;
};

}  // namespace triaged::pipeline

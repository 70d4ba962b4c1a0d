// Writes committed outputs to files, each exactly once over any number of restarts.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "config/settings/settings.hpp"
#include "connectors/files/appended_file.hpp"
#include "connectors/log/shard_log.hpp"

namespace triaged::pipeline {

/// Where a publisher goes on.
struct PublishMark {
  std::uint64_t cut = 0;  // everything up to this cut is out
  std::string position;   // files::AppendPosition's text; empty: nothing was written yet
};

/// One file. Thread-safe, but for stop().
class PublishThread {
 public:
  struct Options {
    std::string file;
    std::vector<log::Topic> topics;
    PublishMark mark;
    /// Keeps the mark, durably, and calls `done` then.
    std::function<void(PublishMark, std::move_only_function<void(bool)>)> save;
    /// What went wrong; nothing: it works again.
    std::function<void(std::optional<std::string>)> on_health;
    std::function<void(std::uint64_t)> on_lag;  // cuts that are not out yet
  };

  /// `log` is the publisher's own.
  PublishThread(Options options, std::unique_ptr<log::LogReader> log);
  ~PublishThread();
  PublishThread(const PublishThread&) = delete;
  PublishThread& operator=(const PublishThread&) = delete;

  /// The log has cuts up to this one.
  void committed(std::uint64_t cut);
  /// The cut up to which everything is out, by the last mark that was kept.
  [[nodiscard]] std::uint64_t kept_cut() const;
  /// Writes what is committed, if it can, then ends.
  void stop();

 private:
  void run();
  /// True: there is nothing more to write.
  std::expected<bool, std::string> write_some();
  std::expected<void, std::string> open();
  std::expected<void, std::string> save(std::uint64_t cut);
  [[nodiscard]] bool wanted(log::Topic topic) const;

  Options options_;
  std::unique_ptr<log::LogReader> log_;
  std::optional<files::AppendedFile> file_;
  std::uint64_t written_ = 0;  // the last cut that is out
  bool unsaved_ = false;       // the mark was not kept: nothing is written before it is
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t committed_ = 0;
  std::uint64_t kept_ = 0;
  bool stopping_ = false;
  bool failing_ = false;
  std::optional<std::string> fault_;  // told last
  std::thread thread_;
};

}  // namespace triaged::pipeline

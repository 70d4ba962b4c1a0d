// Keeps the read model up with the log: what is committed, cut by cut, in a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "connectors/clock/clock.hpp"
#include "connectors/log/shard_log.hpp"
#include "connectors/readmodel/read_model.hpp"

namespace triaged::pipeline {

/// Why a read model does not go with a log: it is ahead of it, as after a restore, or is of another one, or misses what
/// the log let go meanwhile. Empty: the log's next cuts can be applied to it.
[[nodiscard]] std::expected<std::string, log::LogError> mismatch(const readmodel::Progress& progress,
                                                                 log::LogReader& log);

/// Thread-safe, but for stop().
class ReadModelFeed {
 public:
  struct Options {
    /// Called by the feed's thread.
    std::function<void(readmodel::Progress)> on_applied;
    /// Called by the feed's thread: what went wrong; nothing: it works again.
    std::function<void(std::optional<std::string>, const readmodel::Progress&)> on_health;
    /// Called by the feed's thread: the file is about to be replaced, and nobody may open it until on_anew.
    std::function<void()> before_anew = [] {};
    /// Called by the feed's thread: the file is another one, which is filled from the log's beginning; and why.
    std::function<void(const std::string&)> on_anew = [](const std::string&) {};
    Duration history{};  // what is over for longer is let go; 0: never
    // After a transaction the feed rests so many times as long as it took: it has a tenth of a processor at most
    // while much happens, and what changes again meanwhile is written once.
    int rest_factor = 9;
    Duration longest_rest = std::chrono::seconds(1);
  };

  /// `log` is the feed's own.
  ReadModelFeed(readmodel::ReadModel model, std::unique_ptr<log::LogReader> log, Options options);
  ~ReadModelFeed();
  ReadModelFeed(const ReadModelFeed&) = delete;
  ReadModelFeed& operator=(const ReadModelFeed&) = delete;

  /// The log has cuts up to this one.
  void committed(std::uint64_t cut);
  /// Somebody found the file damaged: it is looked at, and begun anew if that is so.
  void suspect();
  /// Somebody waits until a cut with this clock is applied: no rest before it is.
  void awaited(Time clock);
  [[nodiscard]] readmodel::Progress progress() const;
  /// Applies what is committed, then ends.
  void stop();

 private:
  void run();
  std::expected<bool, std::string> catch_up();
  std::expected<void, std::string> begin_anew();
  void prune();
  void rest(Duration time);

  std::string file_;                           // the model's
  std::optional<readmodel::ReadModel> model_;  // none: the one before was damaged, and no other could be made yet
  std::string damage_;                         // of the model; empty: none is known
  std::unique_ptr<log::LogReader> log_;
  Options options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t committed_ = 0;
  Time awaited_{};
  readmodel::Progress progress_;
  bool stopping_ = false;
  bool suspected_ = false;
  bool failing_ = false;
  std::optional<clock::Stopwatch> pruned_;
  bool more_to_prune_ = false;
  std::thread thread_;
};

}  // namespace triaged::pipeline

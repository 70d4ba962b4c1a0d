// Keeps the read model up with what is committed, in a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "connectors/clock/clock.hpp"
#include "connectors/readmodel/read_model.hpp"
#include "daemon/pipeline/output_source.hpp"

namespace triaged::pipeline {

/// Thread-safe, but for stop().
class ReadModelFeed {
 public:
  struct Options {
    /// Called by the feed's thread.
    std::function<void(const readmodel::Progress&)> on_applied;
    /// Called by the feed's thread: what went wrong; nothing: it works again.
    std::function<void(std::optional<std::string>, const readmodel::Progress&)> on_health;
    /// Called by the feed's thread: the file is about to be replaced, and nobody may open it until on_anew.
    std::function<void()> before_anew = [] {};
    /// Called by the feed's thread: the file is another one, which is filled from the beginning; and why.
    std::function<void(const std::string&)> on_anew = [](const std::string&) {};
    Duration history{};  // what is over for longer is let go; 0: never
    // After a transaction the feed rests so many times as long as it took: it has a tenth of a processor at most
    // while much happens, and what changes again meanwhile is written once.
    int rest_factor = 9;
    Duration longest_rest = std::chrono::seconds(1);
  };

  /// `source` is there for longer, and nobody else's. A model that does not go with it is begun anew.
  ReadModelFeed(readmodel::ReadModel model, OutputSource& source, Options options);
  ~ReadModelFeed();
  ReadModelFeed(const ReadModelFeed&) = delete;
  ReadModelFeed& operator=(const ReadModelFeed&) = delete;

  /// Somebody found the file damaged: it is looked at, and begun anew if that is so.
  void suspect();
  /// Somebody waits until a cut of that shard with this clock is applied: no rest before it is.
  void awaited(std::uint32_t shard, Time clock);
  [[nodiscard]] readmodel::Progress progress() const;
  /// Applies what is committed, then ends.
  void stop();

 private:
  void run();
  struct Anew {
    std::string why;
    bool keep = false;  // what was there, beside the new one
  };
  std::expected<bool, std::string> catch_up();
  std::expected<void, std::string> begin();
  std::expected<void, std::string> begin_anew();
  [[nodiscard]] bool is_awaited() const;  // needs the lock
  void prune();
  void rest(Duration time);

  std::string file_;                           // the model's
  std::optional<readmodel::ReadModel> model_;  // none: the one before was of no use, and no other could be made yet
  std::optional<Anew> anew_;                   // the model is of no use
  OutputSource& source_;
  bool begun_ = false;                         // the source goes on where the model ends
  std::optional<OutputSource::Next> pending_;  // was given, and is not applied yet
  bool more_ = true;                           // there was more when it looked
  Options options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint32_t, Time> awaited_;  // by shard
  readmodel::Progress progress_;
  bool stopping_ = false;
  bool suspected_ = false;
  bool failing_ = false;
  std::optional<clock::Stopwatch> pruned_;
  bool more_to_prune_ = false;
  std::thread thread_;
};

}  // namespace triaged::pipeline

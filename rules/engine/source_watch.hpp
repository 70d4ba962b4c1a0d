// Which sources still speak. A source that falls silent is not a recovery.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rules/dedup/alert.hpp"
#include "rules/model/bundle.hpp"
#include "rules/model/input.hpp"
#include "rules/model/timers.hpp"

namespace triaged {

/// Finds sources that sent nothing for their stalled_after, and words the alert about it, which takes the same way as
/// any other alert.
class SourceWatch {
 public:
  SourceWatch(const Bundle& bundle, TimerQueue& timers);

  /// The bundle's correlation rules, behind one of our own that gives each stalled source its incident.
  static std::vector<CorrelationRule> with_own_rule(const Bundle& bundle);

  /// What each source of this bundle is in the next one, by name; kNoSource: nothing.
  [[nodiscard]] std::vector<SourceIndex> successors(const Bundle& next) const;
  /// Whether the source is stalled, and can't be in the next bundle.
  [[nodiscard]] bool ends_stalled(std::uint32_t source, const Bundle& next, SourceIndex successor) const {
    return watched_[source].stalled && (successor == kNoSource || next.sources[successor].stalled_after == Duration{0});
  }
  /// Another bundle decides from here on. All timers of sources must be gone; they are armed anew.
  void rebind(const Bundle& bundle, const std::vector<SourceIndex>& successors, Time clock);

  [[nodiscard]] bool stalled(std::uint32_t source) const { return watched_[source].stalled; }
  [[nodiscard]] bool started() const { return started_; }
  /// The first input came: from here on silence counts.
  void start(Time clock);
  /// Something came from the source. True: it had stalled until now.
  bool heard(std::uint32_t source, Time clock);
  /// True: the source has just stalled.
  bool on_timer(std::uint32_t source, Time clock);
  /// The alert that the source is silent, or that it speaks again. Its views are good until the next call.
  AlertInput report(std::uint32_t source, bool stalled, Time clock);

  template <class A>
  void fields(A& a) {
    a(started_, watched_);
  }

 private:
  struct Watched {
    Time heard{};
    Time stalled_since{};
    bool stalled = false;
    template <class A>
    void fields(A& a) {
      a(heard, stalled_since, stalled);
    }
  };
  const Bundle* bundle_;
  TimerQueue* timers_;
  bool started_ = false;
  std::vector<Watched> watched_;
  Labels labels_;  // of the last report
  Labels annotations_;
};

}  // namespace triaged

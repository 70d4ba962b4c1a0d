// What must happen when the engine's clock reaches a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <vector>

#include "rules/model/time.hpp"

namespace triaged {

/// In the order in which timers of one time fire.
enum class TimerKind : std::uint8_t {
  suppression,     // silence, maintenance window: begins, ends, is forgotten
  expiry,          // variant: no word from its source until its deadline
  episode_close,   // episode: the flap hold after its end is over
  source_stalled,  // source: nothing came for stalled_after
  solve,           // correlation rule: explain what came since
  freeze,          // correlation rule: settle what can't change any more
  hold,            // incident: held back long enough
  refresh,         // incident: members ended
  close,           // incident: resolved long enough
  forget,          // alert: over and beyond every lateness
};

/// A timer that was armed may be out of date when it fires: whoever armed it looks at its own state again. Nothing is
/// ever disarmed, so a repeat costs no heap operation.
class TimerQueue {
 public:
  struct Timer {
    Time due{};
    TimerKind kind{};
    std::uint32_t id = 0;
    template <class A>
    void fields(A& a) {
      a(due, kind, id);
    }
  };

  void arm(Time due, TimerKind kind, std::uint32_t id) {
    heap_.push_back({due, kind, id});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  [[nodiscard]] Time next() const { return heap_.empty() ? kNever : heap_.front().due; }
  Timer pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Timer timer = heap_.back();
    heap_.pop_back();
    return timer;
  }

  /// Keeps those for which `keep(timer)` is true; it may change their ids.
  void rewrite(auto keep) {
    std::size_t kept = 0;
    for (Timer timer : heap_) {
      if (keep(timer)) heap_[kept++] = timer;
    }
    heap_.resize(kept);
    std::make_heap(heap_.begin(), heap_.end(), later);
  }

  template <class A>
  void fields(A& a) {
    a(heap_);
  }

 private:
  static bool later(const Timer& a, const Timer& b) {
    return std::tie(a.due, a.kind, a.id) > std::tie(b.due, b.kind, b.id);
  }
  std::vector<Timer> heap_;
};

}  // namespace triaged

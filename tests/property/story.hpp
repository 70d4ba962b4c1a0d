// Small estates and what happens in them, drawn at random: the inputs of properties.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <utility>
#include <vector>

#include <rapidcheck.h>

#include "rules/model/bundle.hpp"
#include "tests/support/input_log.hpp"

namespace triaged::test {

/// One alert from its start to its end. Small numbers, so that stories collide often and shrink well.
struct Firing {
  int service = 0;
  int name = 0;
  int instance = 0;
  int severity = 0;
  int start = 0;     // seconds after the story's beginning
  int duration = 0;  // seconds; 0: it does not end
  int delay = 0;     // seconds from what happens to its delivery
  int resends = 0;
};

/// What a person asks, as numbers: which incidents, which firing's alert, which service.
struct Order {
  int what = 0;  // which command
  int at = 0;    // seconds after the story's beginning
  int incident = 1;
  int other = 1;    // incident, or firing
  int service = 0;  // of a silence
  int length = 60;  // seconds, of a silence
  int key = 0;      // 0: one of its own
};

/// Which rules a story is played under.
enum class RuleSet : std::uint8_t { labels, labels_in_time, topology, topology_then_labels };

struct Story {
  RuleSet rules = RuleSet::labels;
  bool dedup_severity = false;
  int hold = 0;  // seconds
  /// Whether alerts time out within the story; else only what is resolved ends.
  bool timeouts = false;
  /// Whether a last alert of no service comes when all holds and windows are over.
  bool settles = false;
  std::vector<std::pair<int, int>> dependencies;  // from the service with the lower number
  std::vector<Firing> firings;
  std::vector<Order> orders;
};

std::ostream& operator<<(std::ostream& out, const Story& story);

inline constexpr int kServices = 7;        // in the catalogue; alerts name one more that it lacks, and none
inline constexpr int kLongestDelay = 20;   // seconds
inline constexpr int kStoryLength = 1200;  // seconds within which alerts start

[[nodiscard]] rc::Gen<Story> stories();
/// Stories without timeouts and commands that settle: their outcome depends on event time alone.
[[nodiscard]] rc::Gen<Story> stories_in_event_time();

[[nodiscard]] std::shared_ptr<const Bundle> bundle_of(const Story& story);
/// Firings of one label set never overlap: of those that would, the later ones are left out.
[[nodiscard]] InputLog log_of(const Story& story);

}  // namespace triaged::test

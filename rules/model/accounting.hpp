// How the engine counts the bytes of its state: a formula, the same on every machine, and not what an allocator says.
//
//   a label set     kLabelSet + its labels, as they came and relabelled, and its newest annotations
//   each firing of it that is remembered, beyond the first    kFiring
//   an alert (an identity)                                    kAlert
//   an episode, with its place in an incident                 kEpisode
//   an incident                                               kIncident
//   a text that comes again and again, a name                 kText + its bytes
//   an alert's habit under a topology rule                    kHabit
//   a silence, a maintenance window    kSuppression + its texts; while it is not over, for each matcher
//                                      kMatcher + kMatcherByte for each of its bytes, since it is compiled
//   a command that is remembered       kCommand + its key, its id, why it was refused
//
// Rows of the tables, their indexes and timers are in the constants. With the common workload the sum is within a tenth
// of what is allocated. Not counted, since other limits bound them: a topology rule's window, the bundle.
#pragma once

#include <cstdint>

namespace triaged::accounting {

inline constexpr std::uint64_t kLabelSet = 208;
inline constexpr std::uint64_t kFiring = 48;
inline constexpr std::uint64_t kAlert = 144;
inline constexpr std::uint64_t kEpisode = 112;
inline constexpr std::uint64_t kIncident = 1024;
inline constexpr std::uint64_t kText = 64;
inline constexpr std::uint64_t kHabit = 32;
inline constexpr std::uint64_t kSuppression = 384;
inline constexpr std::uint64_t kMatcher = 256;
inline constexpr std::uint64_t kMatcherByte = 16;
inline constexpr std::uint64_t kCommand = 224;

}  // namespace triaged::accounting

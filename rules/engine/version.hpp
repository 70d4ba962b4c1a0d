// What a log and a snapshot must say about the engine that made them.
#pragma once

#include <cstdint>
#include <string_view>

namespace triaged {

/// Changes whenever the same inputs may give other effects: a log is run again by the version that wrote it.
inline constexpr std::string_view kEngineVersion = "2";

/// Changes whenever a snapshot is read in another way.
inline constexpr std::uint32_t kStateFormat = 3;

}  // namespace triaged

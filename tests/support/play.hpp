// Logs played through the engine in the ways that must not make a difference.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "rules/engine/engine.hpp"
#include "tests/support/input_log.hpp"

namespace triaged::test {

/// Applies the log and its end. `per_batch`: so many inputs share one Effects.
[[nodiscard]] Effects play(const std::shared_ptr<const Bundle>& bundle, const InputLog& log,
                           std::size_t per_batch = 16);

/// Replaces the engine by one restored from its snapshot after every input. Throws std::runtime_error where that fails
/// or where the restored engine's own snapshot differs.
[[nodiscard]] Effects play_with_snapshots(const std::shared_ptr<const Bundle>& bundle, const InputLog& log);

/// Between inputs, ticks at every timer and at every 100 ms; in long pauses only in the first and last minute.
[[nodiscard]] Effects play_with_ticks(const std::shared_ptr<const Bundle>& bundle, const InputLog& log);

/// Effects as the documents that come out, one a line.
struct Texts {
  std::string incidents;
  std::string memberships;
  std::string records;
  std::string commands;
  std::string suppressions;
  friend bool operator==(const Texts&, const Texts&) = default;
};
[[nodiscard]] Texts texts(const Effects& effects, const std::string& incident_prefix = "INC");

/// Where two texts differ first, for people; empty: nowhere.
[[nodiscard]] std::string first_difference(const std::string& expected, const std::string& actual);
[[nodiscard]] std::string first_difference(const Texts& expected, const Texts& actual);

}  // namespace triaged::test

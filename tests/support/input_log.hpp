// A log of inputs that owns its values, so that tests can play it again in other ways.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "rules/model/input.hpp"

namespace triaged::test {

struct LoggedAlert {
  Labels labels;
  Labels annotations;
  std::optional<Time> starts_at;
  std::optional<Time> ends_at;
  std::uint32_t source = 0;
};

struct LoggedChange {
  std::string id;
  std::string service;
  std::string kind;
};

struct LoggedReload {
  std::shared_ptr<const Bundle> bundle;
};

struct LoggedInput {
  Time log_time{};
  std::variant<LoggedAlert, LoggedChange, Command, LoggedReload> value;

  /// Views of this value.
  [[nodiscard]] Input input() const;
};

/// Log times never fall.
using InputLog = std::vector<LoggedInput>;

/// Every alert is there twice, the second time right after the first.
[[nodiscard]] InputLog repeated(const InputLog& log);

/// Every alert is there twice; the second copy comes up to `lateness` later, but not after the log's last input.
[[nodiscard]] InputLog redelivered(const InputLog& log, Duration lateness, std::uint64_t seed);

/// Every alert and change comes up to `lateness` later, none after the log's last, and so in another order. Nothing
/// comes earlier: an alert is not delivered before it starts, and a resolve that came before its own end would be a
/// deadline.
[[nodiscard]] InputLog shuffled(const InputLog& log, Duration lateness, std::uint64_t seed);

}  // namespace triaged::test

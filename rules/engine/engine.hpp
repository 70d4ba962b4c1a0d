// The deterministic core: a pure function of its log.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "rules/model/bundle.hpp"
#include "rules/model/input.hpp"

namespace triaged {

/// What the engine counted. All values are totals since the first input.
struct EngineCounts {
  std::uint64_t received = 0;         // alerts
  std::uint64_t repeated = 0;         // told nothing new
  std::uint64_t stale = 0;            // late copies of what is over
  std::uint64_t dropped = 0;          // by relabel_configs
  std::uint64_t rejected = 0;         // for want of room
  std::uint64_t unknown_service = 0;  // alerts whose service the catalogue lacks
  std::uint64_t no_service = 0;       // alerts without any service
  std::uint64_t opened = 0;           // incidents published
  std::uint64_t unplaced = 0;         // episodes in no incident when first told of
};

/// When what changes at `clock` is published, at the latest.
[[nodiscard]] Time slot_close(Time clock);

/// Why a snapshot can't be used, and in words.
struct RestoreError {
  enum class Kind : std::uint8_t {
    damaged,       // cut short or altered: a checksum tells
    other_format,  // of another kStateFormat
    other_bundle,  // taken under another bundle than was given
  };
  Kind kind{};
  std::string message;
};

/// Reads no clock, draws no random number, does no I/O, owns no thread: the same inputs give the same effects, byte for
/// byte, however they are batched, and across snapshot() and restore() at any point.
///
/// The engine's clock is the running maximum of the inputs' log time. Before an input at t every timer due by t fires,
/// in order. Effects are coalesced: what changed during 100 ms of log time is published at their close, so they appear
/// in the apply() that moves the clock past it (or in the one that takes EndOfLog).
///
/// Not thread-safe: one thread a shard.
class Engine {
 public:
  /// `shard` goes into incident ids.
  explicit Engine(std::shared_ptr<const Bundle> bundle, std::uint32_t shard = 0);
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  /// Appends to `effects`, which are values: they stay good without the engine.
  void apply(const Input& input, Effects& effects);

  /// When the next timer is due (kNever: none); a tick at that time fires it.
  [[nodiscard]] Time next_timer() const;
  [[nodiscard]] Time clock() const;
  [[nodiscard]] EngineCounts counts() const;
  /// Incidents that are not over, as documents show them; those that wait for their first document are not among them.
  [[nodiscard]] const IncidentCounts& incident_counts() const;
  /// Totals since the first input.
  [[nodiscard]] const OpenedByRule& opened_by_rule() const;
  /// What the cap EngineSettings::max_state counts; see rules/model/accounting.hpp.
  [[nodiscard]] std::uint64_t state_bytes() const;
  /// Alerts that fire now.
  [[nodiscard]] std::uint64_t active_alerts() const;
  /// By the source's number in the bundle.
  [[nodiscard]] bool source_stalled(std::uint32_t source) const;

  /// All state, with a checksum, in pieces of at most 1 MiB, so that no second copy of it is made. Equal states give
  /// equal bytes.
  void write_snapshot(const std::function<void(std::string_view)>& sink) const;
  /// The same in one piece.
  [[nodiscard]] std::string snapshot() const;
  static std::expected<Engine, RestoreError> restore(std::string_view bytes, std::shared_ptr<const Bundle> bundle);

 private:
  struct State;
  explicit Engine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace triaged

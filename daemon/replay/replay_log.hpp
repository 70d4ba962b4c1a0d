// A recorded log, played into the engine: replay's meaning of log time, changes merged in, the end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "connectors/wire/alert_batch.hpp"
#include "connectors/wire/change_decoder.hpp"
#include "rules/engine/engine.hpp"

namespace triaged::replay {

/// Takes what the engine says, in order. It may move from the effects, which are cleared when take() returns.
class EffectSink {
 public:
  EffectSink() = default;
  virtual ~EffectSink() = default;
  EffectSink(const EffectSink&) = delete;
  EffectSink& operator=(const EffectSink&) = delete;
  virtual void take(Effects& effects) = 0;
};

/// Log time where no log recorded one: `receivedAt`, else the later of `startsAt` and `endsAt`, else the clock as it
/// stands. Nothing is clamped.
[[nodiscard]] Time replay_log_time(const wire::AlertBatch::Entry& entry, Time clock);

/// Not thread-safe. `engine` and `sink` must outlive it.
class ReplayLog {
 public:
  /// Changes are sorted by implementedAt, then by id; each goes in before the first alert whose log time is not
  /// earlier. What was implemented after the last alert is left out: nothing follows that it could explain.
  ReplayLog(Engine& engine, EffectSink& sink, std::vector<wire::DecodedChange> changes = {});

  /// Applies entries [first, last) of the batch.
  void apply(const wire::AlertBatch& batch, std::size_t first, std::size_t last);
  void apply(const wire::AlertBatch& batch) { apply(batch, 0, batch.entries.size()); }

  /// The clock moves, and nothing came.
  void tick(Time time);
  /// Ticks from timer to timer until none is left. False: it never came to rest, and was stopped.
  [[nodiscard]] bool drain();
  /// Publishes what is held back; no timeout fires. Nothing may follow.
  void end();

 private:
  void apply(const Input& input);
  void apply_changes_until(Time log_time);
  [[nodiscard]] Time clock() const;

  Engine& engine_;
  EffectSink& sink_;
  std::vector<wire::DecodedChange> changes_;
  std::size_t next_change_ = 0;
  Effects effects_;
};

}  // namespace triaged::replay

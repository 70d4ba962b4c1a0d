// One shard: records in, batches out. No threads, no clock, no files: `run`, recovery, `replay --log` and the
// simulation share it.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/log/shard_log.hpp"
#include "connectors/log/snapshot_file.hpp"
#include "daemon/pipeline/shard/delivery_decoder.hpp"
#include "rules/engine/engine.hpp"

namespace triaged::pipeline {

/// Not thread-safe: it belongs to one thread at a time. Every error is a sentence for people, and final: the shard is
/// of no use after it.
class Shard {
 public:
  /// `next`: where reading begins in each input, of a log that does not number its records itself.
  explicit Shard(std::uint32_t number, std::vector<std::uint64_t> next = {});
  /// As it was when the snapshot was taken, after `cut`.
  static std::expected<Shard, std::string> restore(std::uint32_t number, const log::SnapshotManifest& manifest,
                                                   const log::Cut& cut, std::string_view state);

  /// Records that are left out when their turn comes.
  void skip(std::span<const log::Position> positions) { skipped_.insert(positions.begin(), positions.end()); }

  /// The next record. `decoded`: its alerts, where they were decoded already; then the payload is not looked at. The
  /// first record is a bundle.
  std::expected<void, std::string> take(const log::Record& record, const DecodedAlerts& decoded = {});
  /// Moves the clock: what is due by then happens.
  void tick(Time clock);
  /// Moves the clock, and closes the batch: what happened since the last close().
  log::Batch close(Time clock, Time clamped = {}, Time ceiling = {});
  /// A batch that only says that so many records are about to be tried. Nothing was taken since the last close().
  log::Batch attempt(std::uint64_t records = 1);
  struct Followed {
    log::Batch made;
    bool same = false;  // as it was recorded
  };
  /// Closes the batch that a recorded cut closed. The chain goes on from the recorded one.
  Followed follow(const log::Cut& logged);
  /// Something was taken since the last close().
  [[nodiscard]] bool open() const { return through_ != last_.through || !outputs_.empty(); }

  /// The clock moved since the last close(), nothing was taken or came out of it, and so no cut says it.
  [[nodiscard]] bool clock_untold() const { return !open() && clock() > last_.clock; }

  /// When the engine wants to be told the time; kNever: not before the next record.
  [[nodiscard]] Time next_timer() const;
  [[nodiscard]] Time clock() const { return engine_ ? engine_->clock() : Time{}; }
  /// The last cut that close() or attempt() made.
  [[nodiscard]] const log::Cut& last() const { return last_; }
  /// The last record taken.
  [[nodiscard]] log::Position through() const { return through_; }
  /// Alerts taken, since this object was made.
  [[nodiscard]] std::uint64_t alerts() const { return alerts_; }
  /// Null before the first record.
  [[nodiscard]] const Engine* engine() const { return engine_ ? &*engine_ : nullptr; }
  [[nodiscard]] std::shared_ptr<const Bundle> bundle() const { return bundle_; }

  /// Of the state as the last cut left it; nothing may have been taken since.
  [[nodiscard]] log::SnapshotManifest manifest() const;
  /// Hands out that state in pieces.
  void write_state(const std::function<void(std::string_view)>& take) const;

 private:
  void apply(const Input& input);
  std::expected<void, std::string> take_bundle(const log::Record& record);
  void take_command(const log::Record& record);
  void note_origin(const log::Origin& origin, bool skipped);
  [[nodiscard]] log::Batch make_batch();
  void closed(const log::Batch& batch);
  void take_alerts(const log::Record& record, const wire::AlertBatch& batch,
                   std::span<const wire::AlertBatch::Entry> entries, std::span<const wire::Rejection> rejections);
  [[nodiscard]] std::uint32_t source_index(const std::string& name) const;

  std::uint32_t number_;
  std::optional<Engine> engine_;
  std::shared_ptr<const Bundle> bundle_;
  std::string bundle_text_;
  std::set<log::Position> skipped_;
  log::Cut last_;
  log::Hash last_hash_;
  log::Position through_ = 0;
  std::uint64_t alerts_ = 0;
  Effects effects_;
  std::vector<log::Output> outputs_;  // of the batch that is open
  std::vector<log::Run> runs_;        // likewise
  DeliveryDecoder decoder_;
  wire::AlertBatch decoded_;
};

}  // namespace triaged::pipeline

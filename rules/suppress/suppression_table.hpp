// Silences and maintenance windows: what people do not want to hear of for a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "rules/dedup/alert.hpp"
#include "rules/match/matcher.hpp"
#include "rules/model/archive.hpp"
#include "rules/model/command.hpp"
#include "rules/model/hash.hpp"
#include "rules/model/input.hpp"
#include "rules/model/slab.hpp"
#include "rules/model/timers.hpp"

namespace triaged {

/// A suppression is active while the clock is in [starts_at, ends_at). What it takes is kept with it, and let go when
/// it ends or changes. Of one that is over only what an answer needs is kept. Not thread-safe. `timers` must outlive
/// it.
class SuppressionTable {
 public:
  static constexpr std::size_t kMost = 10'000;               // pending and active ones
  static constexpr Duration kKept = std::chrono::hours(24);  // after its end
  static constexpr std::size_t kMostExpired = 1'000;         // so kept, the oldest go first

  SuppressionTable(TimerQueue& timers, std::uint32_t shard) : timers_(&timers), shard_(shard) {}
  SuppressionTable(const SuppressionTable&) = delete;
  SuppressionTable& operator=(const SuppressionTable&) = delete;

  /// The id of the one that was made or changed, or why not. `most`: bytes() may not go beyond it.
  std::expected<std::string, std::string> suppress(const Suppress& what, const std::string& actor, Time clock,
                                                   std::uint64_t most = std::numeric_limits<std::uint64_t>::max());
  std::expected<std::string, std::string> expire(const std::string& id, Time clock);
  void on_timer(SuppressionId id, Time clock);
  /// Of model/accounting.hpp.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  [[nodiscard]] bool any_active() const { return active_ != 0; }
  /// Of the active ones that take these labels, that which ends last; kNoSuppression: none does.
  [[nodiscard]] SuppressionId match(LabelsView labels) const;
  /// The episode waits for the end of that suppression. `waits` says whether one that was given before still does.
  void hold(SuppressionId id, EpisodeId episode, auto waits) {
    Row& row = rows_[id];
    if (row.held.size() >= row.sweep_at) {
      std::erase_if(row.held, [&](EpisodeId held) { return !waits(held); });
      std::ranges::sort(row.held);  // ids are used again
      const auto twice = std::ranges::unique(row.held);
      row.held.erase(twice.begin(), twice.end());
      row.sweep_at = std::max(kFirstSweep, 2 * row.held.size());
    }
    row.held.push_back(episode);
  }
  /// Episodes that were to wait for these until now; some may have gone meanwhile.
  using LetGo = std::vector<std::pair<SuppressionId, EpisodeId>>;
  [[nodiscard]] LetGo take_let_go() { return std::exchange(let_go_, {}); }
  /// `silenced by SIL-0-3 until 2026-03-02T12:00:00.000Z`
  [[nodiscard]] std::string reason(SuppressionId id) const;

  [[nodiscard]] bool dirty() const { return !listed_.empty(); }
  void publish(Time clock, Effects& effects);

  template <class A>
  void fields(A& a) {
    a(rows_, listed_, expired_, silences_, windows_, out_of_date_);
    if constexpr (archive::Reading<A>) index_all();
  }

 private:
  static constexpr std::size_t kFirstSweep = 64;
  struct Row {
    std::uint64_t number = 0;
    std::uint32_t revision = 0;
    SuppressionDocument::State state = SuppressionDocument::State::pending;
    bool listed = false;
    Suppression what;
    std::string created_by;
    Time created_at{};
    Time updated_at{};
    std::vector<EpisodeId> held;         // and some that are over
    std::size_t sweep_at = kFirstSweep;  // so many may stand there before those that are over go
    Matchers matchers;                   // of what.matchers, until it is over
    std::uint64_t counted = 0;           // of bytes_

    template <class A>
    void fields(A& a) {
      a(number, revision, state, listed, what.kind, what.matchers, what.starts_at, what.ends_at, what.comment,
        created_by, created_at, updated_at, held, sweep_at);
    }
  };
  using Ids = std::vector<SuppressionId>;

  [[nodiscard]] std::expected<SuppressionId, std::string> find_running(const std::string& id) const;
  [[nodiscard]] std::string id_of(const Row& row) const;
  void mark(SuppressionId id, Time clock);
  /// Brings the state to what the clock says, and arms the next timer.
  void update(SuppressionId id, Time clock);
  void let_go(SuppressionId id);
  void count(Row& row);
  void forget(SuppressionId id);
  /// Those that are beyond kKept or kMostExpired.
  void forget_oldest(Time clock);
  /// The timer that was armed for the one is out of date, and may be due in years.
  void leave_timer();
  void index(SuppressionId id, bool add);
  void index_all();

  TimerQueue* timers_;
  std::uint32_t shard_;
  Slab<SuppressionId, Row> rows_;
  Ids listed_;
  std::deque<SuppressionId> expired_;  // and published, as they ended
  std::uint64_t silences_ = 0;         // numbers given
  std::uint64_t windows_ = 0;
  std::uint64_t out_of_date_ = 0;  // timers, about
  // From here on made from the rows, or empty between inputs.
  boost::unordered_flat_map<std::string, SuppressionId, TextHash, std::equal_to<>> ids_;
  std::uint64_t bytes_ = 0;
  std::size_t running_ = 0;  // pending or active
  std::size_t active_ = 0;
  boost::unordered_flat_map<std::string, Ids, TextHash, std::equal_to<>> by_label_;  // `name 0xFF value`
  Ids by_no_label_;
  LetGo let_go_;
};

}  // namespace triaged

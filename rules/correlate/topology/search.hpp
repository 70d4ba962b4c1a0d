// Finds the set of faults that explains all bursts best: greedily first, then by local moves.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rules/correlate/topology/burst.hpp"
#include "rules/correlate/topology/fault.hpp"
#include "rules/correlate/topology/reach.hpp"
#include "rules/correlate/topology/start.hpp"

namespace triaged::topology {

class Partition {
 public:
  Partition(Reach& reach, std::int64_t timespan_ms);

  /// Fills faults(); a burst in none of them is chatter.
  void solve(std::span<const Burst> bursts, std::span<const FixedFault> fixed, std::span<const SuspectChange> changes,
             std::int64_t now);

  [[nodiscard]] const std::vector<Fault>& faults() const { return faults_; }
  /// By burst, an index into faults(), or kNone.
  [[nodiscard]] const std::vector<std::uint32_t>& owner() const { return owner_; }
  static constexpr std::uint32_t kNone = UINT32_MAX;

  /// The fault with other roots, its own first, then the best: each scored with the same bursts, which stay with it.
  [[nodiscard]] std::vector<Fault> rivals(const Fault& fault, std::size_t most);
  [[nodiscard]] const Scorer& scorer() const { return scorer_; }

 private:
  struct Sight {  // a burst as seen from a supposed root
    ServiceId root = kNoService;
    std::uint32_t burst = 0;
    std::uint32_t distance = 0;
  };
  using Sights = std::span<const Sight>;

  // search.cpp
  void keep_fixed(std::span<const FixedFault> fixed);
  void look_around();
  bool suppose(Sights sights, std::span<const std::int32_t> worth, bool only_free, Fault& fault);
  void cover();
  void tidy();

  // moves.cpp: each improves the total or does nothing; true if it did
  bool split_faults();
  bool split_off(Sights sights);
  bool move_bursts();
  bool move_burst(std::uint32_t burst, std::uint32_t last);
  bool move_branch(std::uint32_t top, std::uint32_t last);
  bool merge_faults();
  bool merge_pair(std::uint32_t one, std::uint32_t two);
  bool change_roots();

  void appraise();
  void put(std::uint32_t at, Fault fault);
  [[nodiscard]] Fault alone(std::uint32_t burst);
  [[nodiscard]] bool changed_since(std::uint32_t owner, std::uint32_t time) const {
    return owner == kNone ? time == 0 : changed_[owner] > time;
  }
  [[nodiscard]] bool near(const Fault& fault, const Burst& burst) const;
  [[nodiscard]] bool related(std::uint32_t at, const Burst& burst);
  [[nodiscard]] std::uint64_t kinds_in(const Fault& fault) const;
  [[nodiscard]] std::vector<ServiceId> plausible_roots(const Fault& fault);

  Reach* reach_;
  Scorer scorer_;
  StartVotes votes_;
  std::int64_t span_;  // ms from a fault's beginning to its last symptom
  std::span<const Burst> bursts_;
  std::vector<Fault> faults_;            // without members: gone
  std::vector<std::uint32_t> changed_;   // by fault: when it last changed
  std::vector<std::uint64_t> kinds_in_;  // by fault: Reach::kind_bit of its services
  std::uint32_t time_ = 0;               // counts changes
  std::vector<std::uint32_t> owner_;
  std::vector<std::int32_t> alone_;                              // what each burst is worth as a fault of its own
  std::vector<std::int32_t> baseline_;                           // what each burst is worth unexplained
  std::vector<std::int32_t> worth_;                              // what each burst adds where it is
  std::vector<Sight> sights_;                                    // of free bursts, grouped by root, then by burst
  std::vector<std::pair<std::uint32_t, std::uint32_t>> groups_;  // of sights_, [from, to) for each root
  std::vector<std::pair<const Sight*, std::int32_t>> gains_;     // working memory of suppose()
  std::vector<std::uint32_t> targets_;
  Fault trial_;                           // and of moves
  std::vector<std::uint32_t> seen_from_;  // by service: how many bursts it could explain
  std::vector<std::uint32_t> votes_for_;  // by service; all 0 between calls
  struct Passes {                         // when each kind of move was last tried everywhere
    std::uint32_t split = 0;
    std::uint32_t move = 0;
    std::uint32_t merge = 0;
    std::uint32_t root = 0;
  };
  Passes passes_;
};

}  // namespace triaged::topology

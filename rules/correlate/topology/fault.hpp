// A supposed fault: a root, the bursts that it would explain, and how well it does.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rules/correlate/topology/burst.hpp"
#include "rules/correlate/topology/likelihood.hpp"
#include "rules/correlate/topology/reach.hpp"
#include "rules/correlate/topology/start.hpp"

namespace triaged::topology {

struct Fault {
  ServiceId root = kNoService;
  std::uint64_t fixed = 0;                  // began is given, the root stays
  std::int64_t began = 0;                   // ms
  std::int32_t score = 0;                   // likelihood of its bursts under it, 1/1000 bit
  std::vector<std::uint32_t> members = {};  // bursts, ascending
};

/// Scores faults. One at a time: it holds working memory.
class Scorer {
 public:
  explicit Scorer(Reach& reach);

  void start(std::span<const Burst> bursts, std::span<const SuspectChange> changes, std::int64_t now);

  /// Sets `began` (unless fixed) and `score`.
  void score(Fault& fault);
  /// What each burst of `fault` adds to its score, roughly.
  void appraise(const Fault& fault, std::span<std::int32_t> worth);

  /// The most that `burst` could add to `fault`, its consequences for others left out; `stranger`: what it costs that
  /// no known dependency explains it.
  [[nodiscard]] std::int32_t hope(const Fault& fault, const Burst& burst, std::int32_t stranger);

  /// The newest change of `root` shortly before `at`; nullptr: none.
  [[nodiscard]] const SuspectChange* change_of(ServiceId root, std::int64_t at) const;
  [[nodiscard]] bool ever_changed(ServiceId root) const;
  /// Drops the bursts that no chain of known dependencies within the fault connects with its root.
  void keep_connected(Fault& fault);
  [[nodiscard]] const Delays& delays() const { return delays_; }

 private:
  struct Mark {
    std::uint32_t round = 0;
    std::uint32_t burst = 0;
    std::uint32_t distance = 0;
    std::uint32_t parents = 0;
  };

  std::int32_t trace(const Fault& fault);
  std::int32_t spread(const Fault& fault);
  void walk(std::size_t from);
  std::int32_t presume_all(ServiceId root);
  std::int32_t presume(ServiceId orphan, ServiceId root);
  [[nodiscard]] std::size_t topmost() const;
  void vote(const Burst& burst, std::uint32_t distance);
  [[nodiscard]] std::int32_t timeliness(const Burst& burst, std::uint32_t distance, std::int64_t began) const;
  [[nodiscard]] std::int32_t silence(std::int64_t began) const;

  Reach* reach_;
  Delays delays_;
  StartVotes votes_;
  std::vector<Mark> marks_;
  std::uint32_t round_ = 0;
  std::vector<ServiceId> affected_;  // in the order in which the fault reaches them
  std::vector<ServiceId> orphans_;   // of its services, those that nothing known connects
  std::vector<std::uint32_t> near_;  // affected services by kind, then distance; all 0 between calls
  std::size_t counted_ = 0;          // of affected_, how many near_ counts
  std::span<const Burst> bursts_;
  std::vector<SuspectChange> changes_;  // by service, then time
  std::int64_t now_ = 0;
};

}  // namespace triaged::topology

// Which commands were done lately, so that one that a client sends again is not done again.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

#include "rules/model/archive.hpp"
#include "rules/model/command.hpp"
#include "rules/model/hash.hpp"

namespace triaged {

/// Results by the clients' keys, for 24 h of log time; at most kMost of them, the oldest go first. Not thread-safe.
class CommandMemory {
 public:
  static constexpr Duration kKept = std::chrono::hours(24);
  static constexpr std::size_t kMost = 100'000;

  /// True: the command's key was used before, and `result` says what it led to, or that it was another command then.
  bool recall(const Command& command, Time clock, CommandResult& result);
  /// A command without a key is not remembered. `most`: so that bytes() stays below it, the oldest go too.
  void remember(const CommandResult& result, std::uint64_t most = std::numeric_limits<std::uint64_t>::max());
  /// Of model/accounting.hpp.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  template <class A>
  void fields(A& a) {
    a(entries_, first_);
    if constexpr (archive::Reading<A>) index_all();
  }

 private:
  struct Entry {
    Time at{};
    std::string key;
    std::uint64_t sign[2] = {0, 0};  // hashes of what was asked, but for the times of a suppression
    Time ends_at{};                  // of a suppression
    Duration lasts{};
    bool accepted = false;
    std::string reason;
    IncidentKey incident;  // number 0: none
    std::string suppression;

    template <class A>
    void fields(A& a) {
      a(at, key, sign[0], sign[1], ends_at, lasts, accepted, reason, incident.shard, incident.number, suppression);
    }
  };

  static std::uint64_t bytes_of(const Entry& entry);
  static Entry entry_of(const Command& command);
  void forget_first();
  void index_all();

  std::deque<Entry> entries_;  // ascending times; they do not move
  std::uint64_t first_ = 0;    // how many went before the first
  std::uint64_t bytes_ = 0;
  boost::unordered_flat_map<std::string_view, std::uint64_t, TextHash> by_key_;  // place among all
};

}  // namespace triaged

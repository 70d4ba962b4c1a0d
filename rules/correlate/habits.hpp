// How often an alert began to fire before: what is usual, learned from the engine's own log.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <tuple>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "rules/model/accounting.hpp"
#include "rules/model/archive.hpp"
#include "rules/model/catalogue.hpp"
#include "rules/model/number.hpp"
#include "rules/model/time.hpp"

namespace triaged {

/// Counts of onsets by (service, alert name, instance), in memory that does not grow for ever: when the counts
/// stand for kSpan they are halved, to stand for half of it, and those that reach zero go.
class Habits {
 public:
  static constexpr Duration kSpan = std::chrono::hours(48);

  void count(ServiceId service, std::uint32_t name, std::uint32_t instance, Time start) {
    if (since_ == Time{}) since_ = start;
    ++counts_[Key{service, name, instance}];
    if (start >= since_ + kSpan) halve(start - kSpan / 2);
  }
  /// The counts stand for half of what they did, up to `now`.
  void fade(Time now) {
    if (since_ != Time{} && since_ < now) halve(since_ + (now - since_) / 2);
  }
  [[nodiscard]] std::uint64_t bytes() const { return counts_.size() * accounting::kHabit; }
  [[nodiscard]] std::uint32_t earlier(ServiceId service, std::uint32_t name, std::uint32_t instance) const {
    const auto found = counts_.find(Key{service, name, instance});
    return found == counts_.end() ? 0 : found->second;
  }
  /// How long the log is that the counts stand for.
  [[nodiscard]] Duration history(Time now) const {
    return since_ == Time{} || now < since_ ? Duration{0} : now - since_;
  }

  template <class A>
  void fields(A& a) {
    std::vector<Entry> entries;
    for (const auto& [key, count] : counts_) entries.push_back({key, count});
    std::ranges::sort(entries, {},
                      [](const Entry& e) { return std::tuple(e.key.service, e.key.name, e.key.instance); });
    a(entries, since_);
    if constexpr (std::same_as<A, StateWriter>) return;
    counts_.clear();
    for (const Entry& entry : entries) counts_.emplace(entry.key, entry.count);
  }

 private:
  void halve(Time since) {
    since_ = since;
    boost::unordered::erase_if(counts_, [](auto& entry) { return (entry.second /= 2) == 0; });
  }
  struct Key {
    ServiceId service{};
    SymbolId name;
    SymbolId instance;
    bool operator==(const Key&) const = default;
    friend std::size_t hash_value(const Key& key) {
      std::uint64_t mixed = (static_cast<std::uint64_t>(key.service) << 32U | key.name) * 0x9E3779B97F4A7C15ULL;
      mixed = (mixed ^ mixed >> 29U ^ key.instance) * 0xBF58476D1CE4E5B9ULL;
      return mixed ^ mixed >> 32U;
    }
  };
  struct Entry {
    Key key;
    std::uint32_t count = 0;
    template <class A>
    void fields(A& a) {
      a(key.service, key.name, key.instance, count);
    }
  };
  boost::unordered_flat_map<Key, std::uint32_t> counts_;
  Time since_{};
};

}  // namespace triaged

// Bursts: the onsets of one service within half a minute, which mostly have one cause.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rules/correlate/topology/solver.hpp"

namespace triaged::topology {

/// Times are milliseconds since the epoch, likelihoods 1/1000 bit.
struct Burst {
  ServiceId service = kNoService;
  std::int64_t begin = 0;
  std::uint64_t fixed = 0;
  std::uint32_t from = 0;  // its onsets: order[from, to) of Bursts
  std::uint32_t to = 0;
  std::uint32_t instances = 0;  // most instances that share a name
  std::uint32_t names = 0;
  std::int32_t causal = 0;   // as a cause against as a symptom
  std::int32_t chatter = 0;  // as alerts that mean nothing, against as alerts of a fault
};

struct Bursts {
  std::vector<Burst> bursts;         // by service, then begin
  std::vector<std::uint32_t> order;  // indices into the onsets
  struct Key {
    ServiceId service = kNoService;
    std::uint32_t onset = 0;
    std::uint64_t fixed = 0;
    bool habit = false;
    std::int32_t chatter = 0;
    Time start{};
  };
  std::vector<Key> keys;  // working memory
};

/// An alert that its service raises again and again is a burst of its own, or with others of its moment that look the
/// same.
void gather(std::span<const Onset> onsets, std::int64_t history_ms, Bursts& out);

}  // namespace triaged::topology

// What the graph says about which service could affect which, worked out on demand and kept.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rules/model/catalogue.hpp"

namespace triaged::topology {

struct Hop {
  ServiceId service = kNoService;
  std::uint32_t distance = 0;
};

/// Services of kind `on` are what a service of some kind usually depends on.
struct Habit {
  std::uint32_t on = 0;
  std::int32_t usual = 0;  // 1/1000 bit: the share of such pairs that have a dependency
};

class Reach {
 public:
  Reach(const ServiceGraph& graph, std::span<const std::uint32_t> kinds, std::uint32_t hops);

  /// What `service` depends on within `hops`, itself included, nearest first.
  const std::vector<Hop>& causes(ServiceId service);

  /// How far `cause` is among them; kFar: it is none. Asking for one service again and again costs least.
  [[nodiscard]] std::uint32_t distance(ServiceId service, ServiceId cause) {
    look_from(service);
    const Mark& mark = marks_[index(cause)];
    return mark.round == look_ ? mark.distance : kFar;
  }
  static constexpr std::uint32_t kFar = UINT32_MAX;

  /// What services like this one depend on, by kind, ascending.
  [[nodiscard]] std::span<const Habit> habits(ServiceId service) const { return habits_[kind(service)]; }
  /// Services of kind `on` are among that.
  [[nodiscard]] bool usual(ServiceId service, std::uint32_t on) {
    look_from(service);
    return usual_[on] == look_;
  }
  /// A bit for each kind that is, shared by kinds 64 apart.
  [[nodiscard]] std::uint64_t usual_bits(ServiceId service) {
    look_from(service);
    return usual_bits_;
  }
  [[nodiscard]] std::uint64_t kind_bit(ServiceId service) const { return std::uint64_t{1} << kind(service) % 64; }
  [[nodiscard]] std::uint32_t kind(ServiceId service) const { return kinds_[index(service)]; }
  [[nodiscard]] std::size_t kinds() const { return habits_.size(); }

  [[nodiscard]] const ServiceGraph& graph() const { return *graph_; }
  [[nodiscard]] std::uint32_t hops() const { return hops_; }

 private:
  struct Mark {
    std::uint64_t round = 0;
    std::uint32_t distance = 0;
  };
  void look_from(ServiceId service) {
    if (service != looker_) look_anew(service);
  }
  void look_anew(ServiceId service);

  const ServiceGraph* graph_;
  std::uint32_t hops_;
  std::vector<std::uint32_t> kinds_;  // by service, numbered without gaps
  std::vector<std::vector<Habit>> habits_;
  std::vector<std::vector<Hop>> causes_;  // empty: not worked out yet
  std::vector<std::uint32_t> seen_;
  std::uint32_t round_ = 0;
  // What looker_ depends on, by service and by kind: what has the number of the look counts.
  ServiceId looker_ = kNoService;
  std::uint64_t look_ = 0;
  std::vector<Mark> marks_;
  std::vector<std::uint64_t> usual_;
  std::uint64_t usual_bits_ = 0;
};

}  // namespace triaged::topology

// How much memory request bodies may take, over all connections.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

namespace triaged::http {

class MemoryBudget;

/// Bytes that were taken; given back at the end. One thread at a time.
class Reservation {
 public:
  Reservation() = default;
  Reservation(MemoryBudget& budget, std::uint64_t bytes) : budget_(&budget), bytes_(bytes) {}
  Reservation(Reservation&& other) noexcept
      : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Reservation& operator=(Reservation&& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Reservation() { release(); }

  [[nodiscard]] bool held() const { return budget_ != nullptr; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// More for one that has some already; never waits, so that nobody who holds memory waits for memory.
  [[nodiscard]] bool extend(std::uint64_t bytes);
  void release();

 private:
  MemoryBudget* budget_ = nullptr;
  std::uint64_t bytes_ = 0;
};

/// Thread-safe. Outlives what is taken from it.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t bytes) : free_(bytes) {}

  /// Holds nothing where there isn't as much, or others wait for it already.
  [[nodiscard]] Reservation try_take(std::uint64_t bytes);
  /// `ready` is called once, with what was asked for: at once, or by whoever gives back enough, on that thread, first
  /// come first served. At most the whole budget can be asked for.
  using Ready = std::move_only_function<void(Reservation)>;
  void take(std::uint64_t bytes, Ready ready);

 private:
  friend class Reservation;
  [[nodiscard]] bool grab(std::uint64_t bytes);
  void give(std::uint64_t bytes);

  struct Waiter {
    std::uint64_t bytes;
    Ready ready;
  };
  std::mutex mutex_;
  std::uint64_t free_;
  std::deque<Waiter> waiters_;
};

}  // namespace triaged::http

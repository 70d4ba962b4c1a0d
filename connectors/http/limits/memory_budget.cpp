#include "connectors/http/limits/memory_budget.hpp"

#include <vector>

namespace triaged::http {

bool Reservation::extend(std::uint64_t bytes) {
  if (budget_ == nullptr || !budget_->grab(bytes)) return false;
  bytes_ += bytes;
  return true;
}

void Reservation::release() {
  if (budget_ != nullptr) std::exchange(budget_, nullptr)->give(std::exchange(bytes_, 0));
}

Reservation MemoryBudget::try_take(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (!waiters_.empty() || bytes > free_) return {};
  free_ -= bytes;
  return {*this, bytes};
}

void MemoryBudget::take(std::uint64_t bytes, Ready ready) {
  {
    const std::lock_guard lock(mutex_);
    if (!waiters_.empty() || bytes > free_) {
      waiters_.push_back({bytes, std::move(ready)});
      return;
    }
    free_ -= bytes;
  }
  ready(Reservation(*this, bytes));
}

bool MemoryBudget::grab(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes > free_) return false;
  free_ -= bytes;
  return true;
}

void MemoryBudget::give(std::uint64_t bytes) {
  std::vector<Waiter> served;
  {
    const std::lock_guard lock(mutex_);
    free_ += bytes;
    while (!waiters_.empty() && waiters_.front().bytes <= free_) {
      free_ -= waiters_.front().bytes;
      served.push_back(std::move(waiters_.front()));
      waiters_.pop_front();
    }
  }
  for (Waiter& waiter : served) waiter.ready(Reservation(*this, waiter.bytes));
}

}  // namespace triaged::http
